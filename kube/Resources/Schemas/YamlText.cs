using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NetSniff.Kube.Resources.Schemas;

/// <summary>JSON as YAML that people read: a line for each field, quotes only where they are needed.</summary>
public static partial class YamlText
{
    public static string Of(JsonNode node)
    {
        var text = new StringBuilder();
        Write(text, node, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode node, int indent)
    {
        if (node is JsonObject map)
        {
            foreach (var (name, value) in map)
            {
                text.Append(' ', indent).Append(Scalar(name)).Append(':');
                WriteValue(text, value, indent);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var value in list) WriteEntry(text, value, indent);
        }
    }

    private static void WriteValue(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                Write(text, map, indent + 2);
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('\n');
                Write(text, list, indent);
                break;
            default:
                text.Append(' ').Append(Plain(value)).Append('\n');
                break;
        }
    }

    private static void WriteEntry(StringBuilder text, JsonNode? value, int indent)
    {
        if (value is not JsonObject { Count: > 0 } map)
        {
            text.Append(' ', indent).Append("- ").Append(Plain(value)).Append('\n');
            return;
        }

        var start = text.Length;
        Write(text, map, indent + 2);
        text[start + indent] = '-';
    }

    private static string Plain(JsonNode? value) => value switch
    {
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue one when one.GetValueKind() == JsonValueKind.String => Scalar(one.GetValue<string>()),
        JsonValue one => one.ToJsonString(),
        _ => "null",
    };

    private static string Scalar(string text)
    {
        var isPlain = PlainText().IsMatch(text) && !Other().IsMatch(text)
            && !text.Contains(": ", StringComparison.Ordinal) && !text.Contains(" #", StringComparison.Ordinal)
            && !text.EndsWith(':')
            && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return isPlain ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    [GeneratedRegex(@"^[A-Za-z0-9_./$(^][ -~]*(?<! )$")]
    private static partial Regex PlainText();

    // Words that YAML takes for something else, and times.
    [GeneratedRegex(@"^(true|false|yes|no|on|off|null|y|n|\d{4}-\d\d-\d\d.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex Other();
}
