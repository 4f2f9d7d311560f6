using System.Diagnostics.Metrics;
using NetSniff.Wire.Health;

namespace NetSniff.Wire.Telemetry;

/// <summary>Gives OpenTelemetry the numbers that /metrics gives Prometheus, under names of its own manner:
/// `netsniff_packets_dropped_total` is `netsniff.packets.dropped`.</summary>
/// <remarks>Histograms are given as their counts and sums: buckets that were filled already cannot be handed to an
/// observer.</remarks>
internal sealed class MetricBridge : IDisposable
{
    public const string MeterName = "netsniff";

    /// <summary>Every instrument asks for itself; all that ask within this are given one scrape.</summary>
    private static readonly TimeSpan s_scrapeAgeMax = TimeSpan.FromMilliseconds(500);

    private readonly Meter _meter = new(MeterName);
    private readonly HealthBoard _board;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private MetricSink? _scrape;
    private long _scrapedTicks;

    public MetricBridge(HealthBoard board, TimeProvider clock)
    {
        (_board, _clock) = (board, clock);
        foreach (var family in Metrics.All) Add(family);
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>OpenTelemetry's name and unit for a family.</summary>
    internal static (string Name, string? Unit) NameOf(MetricFamily family)
    {
        var name = family.Name;
        if (name.EndsWith("_total", StringComparison.Ordinal)) name = name[..^6];
        var unit = "";
        foreach (var (suffix, word) in ((string, string)[])[("_bytes", "By"), ("_seconds", "s"), ("_ratio", "1")])
        {
            if (!name.EndsWith(suffix, StringComparison.Ordinal)) continue;
            (name, unit) = (name[..^suffix.Length], word);
        }

        return (name.Replace('_', '.'), unit.Length == 0 ? null : unit);
    }

    private void Add(MetricFamily family)
    {
        var (name, unit) = NameOf(family);
        switch (family.Kind)
        {
            case MetricKind.Counter:
                _meter.CreateObservableCounter(name, () => Values(family), unit, family.Help);
                break;
            case MetricKind.Gauge:
                _meter.CreateObservableGauge(name, () => Values(family), unit, family.Help);
                break;
            default:
                _meter.CreateObservableCounter($"{name}.sum", () => Values(family), unit, family.Help);
                _meter.CreateObservableCounter($"{name}.count", () => Counts(family), null, family.Help);
                break;
        }
    }

    private IEnumerable<Measurement<double>> Values(MetricFamily family) =>
        Series(family).Select(series => new Measurement<double>(series.Value, Tags(family, series)));

    private IEnumerable<Measurement<long>> Counts(MetricFamily family) =>
        Series(family).Select(series => new Measurement<long>(series.Buckets.Sum(), Tags(family, series)));

    private IReadOnlyCollection<MetricSeries> Series(MetricFamily family)
    {
        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            if (_scrape is null || _clock.GetElapsedTime(_scrapedTicks, now) > s_scrapeAgeMax)
            {
                (_scrape, _scrapedTicks) = (_board.Scrape(), now);
            }

            return _scrape.Families.FirstOrDefault(one => one.Family == family).Series ?? [];
        }
    }

    private static IEnumerable<KeyValuePair<string, object?>> Tags(MetricFamily family, MetricSeries series) =>
        family.Labels.Zip(series.Labels, static (label, value) => new KeyValuePair<string, object?>(label, value));
}
