using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Kube.Resources;

/// <summary>Our kinds as JSON, as the API server has them.</summary>
public static class ResourceJson
{
    internal static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = new Naming(),
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(), new Moments() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <exception cref="JsonException">It does not have the form: what the server would have refused too.</exception>
    public static T Read<T>(JsonNode node) where T : class =>
        node.Deserialize<T>(Options) ?? throw new JsonException("null is no object");

    /// <summary>With what a newer version said that this one does not know.</summary>
    public static JsonNode Write<T>(T one) where T : class => JsonSerializer.SerializeToNode(one, Options)!;

    /// <summary>Whole seconds of UTC, as the API's own times.</summary>
    private sealed class Moments : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DateTimeOffset.TryParse(
                reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? moment : throw new JsonException("not a time");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(
                value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    private sealed class Naming : JsonNamingPolicy
    {
        public override string ConvertName(string name) => JsonNames.Of(name);
    }
}
