using System.Globalization;
using Grpc.Core;
using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Serve.Aggregating;

internal enum MeasureKind : byte { Count, Sum, Min, Max, Percentile }

/// <summary>One of the things an aggregate computes.</summary>
/// <param name="Field">Empty for `count`.</param>
/// <param name="Percent">Of a percentile: 1 to 99.</param>
internal readonly record struct Measure(string Text, MeasureKind Kind, string Field, int Percent = 0)
{
    public static Measure Parse(string text)
    {
        if (text == "count") return new Measure(text, MeasureKind.Count, "");

        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || text[^1] != ')') throw Unknown(text);

        var (name, field) = (text[..open], text[(open + 1)..^1].Trim());
        Asking.CheckField(field);
        CheckNumeric(field);
        return name switch
        {
            "sum" => new Measure(text, MeasureKind.Sum, field),
            "min" => new Measure(text, MeasureKind.Min, field),
            "max" => new Measure(text, MeasureKind.Max, field),
            _ when name[0] == 'p' && int.TryParse(
                name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
                && percent is >= 1 and <= 99 => new Measure(text, MeasureKind.Percentile, field, percent),
            _ => throw Unknown(text),
        };
    }

    public static void CheckNumeric(string field)
    {
        var kind = FieldCatalog.Shared.Find(field)!.Kind;
        if (kind is FieldKind.Number or FieldKind.Duration or FieldKind.Time) return;

        throw Asking.Wrong($"{field} is no number that can be summed or measured");
    }

    /// <summary>Puts the values of two workers together.</summary>
    public double Merge(double one, double other)
    {
        // A group without the field has no smallest value.
        if (double.IsNaN(one)) return other;
        if (double.IsNaN(other)) return one;

        return Kind switch
        {
            MeasureKind.Min => Math.Min(one, other),
            MeasureKind.Max => Math.Max(one, other),
            _ => one + other,
        };
    }

    private static RpcException Unknown(string text)
    {
        var shown = text.Length > 40 ? text[..40] + "…" : text;
        return Asking.Wrong(
            $"no measure '{shown}': there are count, sum(FIELD), min(FIELD), max(FIELD) and p1(FIELD) to p99(FIELD)");
    }
}
