using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetSniff.Operator.Config;

/// <summary>`operator.json` in the folder of a mounted ConfigMap.</summary>
public static class OperatorFile
{
    public const string Name = "operator.json";

    /// <exception cref="InvalidDataException">It is not there, cannot be read, or lacks what nobody can guess.
    /// </exception>
    public static OperatorSettings Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            return Check(path, Parse(File.ReadAllText(path)));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidDataException($"{path}: {problem.Message}", problem);
        }
    }

    /// <summary>Fields that an older operator does not know yet are passed over.</summary>
    /// <exception cref="JsonException">It is no such JSON.</exception>
    public static OperatorSettings Parse(string text) =>
        JsonSerializer.Deserialize(text, OperatorJson.Default.OperatorSettings) ?? throw new JsonException("it is null");

    private static OperatorSettings Check(string path, OperatorSettings settings)
    {
        (string Field, string Value)[] required =
        [
            ("instance", settings.Instance), ("namespace", settings.Namespace),
            ("sensorsNamespace", settings.SensorsNamespace), ("images.sensor", settings.Images.Sensor),
            ("images.worker", settings.Images.Worker),
        ];
        var missing = required.Where(static field => field.Value.Length == 0).Select(static field => field.Field).ToList();
        return missing.Count == 0
            ? settings : throw new InvalidDataException($"{path} does not say {string.Join(", ", missing)}");
    }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(OperatorSettings))]
internal sealed partial class OperatorJson : JsonSerializerContext;
