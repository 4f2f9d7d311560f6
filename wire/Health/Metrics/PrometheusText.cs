using System.Globalization;
using System.Text;

namespace NetSniff.Wire.Health;

/// <summary>Writes a scrape as Prometheus reads it: text exposition format, version 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(MetricSink sink)
    {
        var text = new StringBuilder(16 * 1024);
        foreach (var (family, series) in sink.Families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(family.Help, isLabel: false))
                .Append("\n# TYPE ").Append(family.Name).Append(' ').Append(KindName(family.Kind)).Append('\n');
            foreach (var one in series) Write(text, family, one);
        }

        return text.ToString();
    }

    public static string KindName(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        _ => "gauge",
    };

    private static void Write(StringBuilder text, MetricFamily family, MetricSeries series)
    {
        if (family.Kind != MetricKind.Histogram)
        {
            Sample(text, family.Name, family, series, bound: null, series.Value);
            return;
        }

        var count = 0L;
        for (var index = 0; index < series.Buckets.Length; index++)
        {
            count += series.Buckets[index];
            var bound = index < series.Bounds.Count ? Number(series.Bounds[index]) : "+Inf";
            Sample(text, $"{family.Name}_bucket", family, series, bound, count);
        }

        Sample(text, $"{family.Name}_sum", family, series, bound: null, series.Value);
        Sample(text, $"{family.Name}_count", family, series, bound: null, count);
    }

    private static void Sample(
        StringBuilder text, string name, MetricFamily family, MetricSeries series, string? bound, double value)
    {
        text.Append(name);
        var mark = '{';
        for (var index = 0; index < family.Labels.Length; index++)
        {
            text.Append(mark).Append(family.Labels[index]).Append("=\"")
                .Append(Escape(series.Labels[index], isLabel: true)).Append('"');
            mark = ',';
        }

        if (bound is not null)
        {
            text.Append(mark).Append("le=\"").Append(bound).Append('"');
            mark = ',';
        }

        if (mark == ',') text.Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string text, bool isLabel)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isLabel ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }
}
