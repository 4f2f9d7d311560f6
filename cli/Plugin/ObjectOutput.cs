using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Cli.Commands;
using NetSniff.Kube;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Cli.Plugin;

/// <summary>Objects of the API server as kubectl writes them: a list in JSON or YAML, a line for each, or their names.
/// </summary>
internal static class ObjectOutput
{
    public const string Table = "table";

    public static readonly string[] Formats = [Table, "json", "jsonl", "yaml", "name"];

    /// <exception cref="UsageException">There is no such format.</exception>
    public static string Format(string? text)
    {
        if (text is null) return Table;

        return Formats.Contains(text)
            ? text : throw new UsageException($"no output format '{text}': use {string.Join(", ", Formats)}");
    }

    /// <param name="format">Any but the table.</param>
    public static void Write(OutputBuffer buffer, string format, ResourceKind kind, IReadOnlyList<JsonElement> objects)
    {
        switch (format)
        {
            case "name":
                foreach (var one in objects) Line(buffer, $"{Singular(kind)}.{kind.Group}/{KubeObject.Name(one)}");
                return;
            case "jsonl":
                foreach (var one in objects) Line(buffer, one.GetRawText());
                return;
            default:
                Write(buffer, format, new JsonObject
                {
                    ["apiVersion"] = "v1", ["kind"] = "List",
                    ["items"] = new JsonArray([.. objects.Select(static one => JsonNode.Parse(one.GetRawText()))]),
                });
                return;
        }
    }

    /// <param name="format">`json` or `yaml`.</param>
    public static void Write(OutputBuffer buffer, string format, JsonNode document)
    {
        if (format == "yaml") buffer.Append(Encoding.UTF8.GetBytes(YamlText.Of(document)));
        else Line(buffer, document.ToJsonString());
    }

    private static void Line(OutputBuffer buffer, string text)
    {
        buffer.Append(Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ")));
        buffer.EndLine();
    }

    private static string Singular(ResourceKind kind) => kind.Plural[..^1];
}
