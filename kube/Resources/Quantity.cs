using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NetSniff.Kube.Resources;

/// <summary>An amount as Kubernetes writes it, `500m` or `64Mi`: a text, or a whole number.</summary>
[JsonConverter(typeof(NumberOrText<Quantity>))]
public sealed record Quantity(string Text) : INumberOrText<Quantity>
{
    private const string Pattern =
        @"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
        + @"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

    public static Quantity From(string text) => new(text);

    public override string ToString() => Text;

    internal static JsonObject Schema() => NumberOrText<Quantity>.Schema(Pattern);
}

/// <summary>A number, or a share of all: `2`, `10%`.</summary>
[JsonConverter(typeof(NumberOrText<IntOrPercent>))]
public sealed record IntOrPercent(string Text) : INumberOrText<IntOrPercent>
{
    public static IntOrPercent From(string text) => new(text);

    public override string ToString() => Text;

    internal static JsonObject Schema() => NumberOrText<IntOrPercent>.Schema("^[0-9]{1,6}%?$");
}

/// <summary>Of what may be written as a number and as a text.</summary>
public interface INumberOrText<TSelf> where TSelf : INumberOrText<TSelf>
{
    string Text { get; }

    static abstract TSelf From(string text);
}

/// <summary>Reads both and keeps the text; writes a whole number as one.</summary>
internal sealed class NumberOrText<T> : JsonConverter<T> where T : INumberOrText<T>
{
    public static JsonObject Schema(string pattern) => new()
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }),
        ["x-kubernetes-int-or-string"] = true,
        ["pattern"] = pattern,
    };

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.From(reader.TokenType == JsonTokenType.Number
            ? reader.GetInt64().ToString(CultureInfo.InvariantCulture) : reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (long.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(value.Text);
        }
    }
}
