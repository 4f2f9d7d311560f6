using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NetSniff.Kube.Resources;

/// <summary>A length of time as Gateway API writes it: `1h30m`, `500ms`.</summary>
[JsonConverter(typeof(DurationConverter))]
public sealed record Duration(string Text)
{
    public const string Pattern = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";

    public override string ToString() => Text;

    internal static JsonObject Schema() => new() { ["type"] = "string", ["maxLength"] = 32, ["pattern"] = Pattern };

    /// <summary>Null for a text that the schema would refuse.</summary>
    public TimeSpan? Span()
    {
        long milliseconds = 0;
        var number = 0L;
        for (var place = 0; place < Text.Length; place++)
        {
            if (char.IsAsciiDigit(Text[place]))
            {
                number = number * 10 + (Text[place] - '0');
                if (number > 99_999) return null;
                continue;
            }

            var isMilli = Text[place] == 'm' && place + 1 < Text.Length && Text[place + 1] == 's';
            var unit = Text[place] switch { 'h' => 3_600_000, 'm' => isMilli ? 1 : 60_000, 's' => 1_000, _ => 0 };
            if (unit == 0) return null;

            milliseconds += number * unit;
            number = 0;
            if (isMilli) place++;
        }

        return TimeSpan.FromMilliseconds(milliseconds);
    }

    private sealed class DurationConverter : JsonConverter<Duration>
    {
        public override Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, Duration value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Text);
    }
}
