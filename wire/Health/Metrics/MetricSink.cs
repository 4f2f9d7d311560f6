namespace NetSniff.Wire.Health;

/// <summary>Gives what it counted when somebody scrapes.</summary>
public interface IMetricSource
{
    void Read(MetricSink sink);
}

/// <summary>One value of a family: a number, or the buckets of a histogram.</summary>
public sealed class MetricSeries(IReadOnlyList<string> labels)
{
    public IReadOnlyList<string> Labels { get; } = labels;

    public double Value { get; internal set; }

    /// <summary>Upper bounds and counts of a histogram, not added up.</summary>
    public IReadOnlyList<double> Bounds { get; internal set; } = [];

    public long[] Buckets { get; internal set; } = [];
}

/// <summary>Gathers the values of one scrape. What several shards give under the same labels is added up.</summary>
public sealed class MetricSink
{
    /// <summary>Label sets of one family; further ones are left out and counted.</summary>
    public const int SeriesMax = 1_000;

    private readonly Dictionary<MetricFamily, Dictionary<string, MetricSeries>> _families = [];

    /// <summary>Samples left out at <see cref="SeriesMax"/>.</summary>
    public long Overflow { get; private set; }

    /// <summary>Families in the order of <see cref="Metrics.All"/>, then those that are not in it.</summary>
    public IEnumerable<(MetricFamily Family, IReadOnlyCollection<MetricSeries> Series)> Families =>
        Metrics.All.Where(_families.ContainsKey).Concat(_families.Keys.Except(Metrics.All))
            .Select(family => (family, (IReadOnlyCollection<MetricSeries>)_families[family].Values));

    public void Add(MetricFamily family, double value, params ReadOnlySpan<string> labels)
    {
        if (Series(family, labels) is { } series) series.Value += value;
    }

    /// <summary>For ages and the like, where the largest of several is meant and not their sum.</summary>
    public void AddLargest(MetricFamily family, double value, params ReadOnlySpan<string> labels)
    {
        if (Series(family, labels) is { } series) series.Value = Math.Max(series.Value, value);
    }

    public void Add(MetricFamily family, Histogram histogram, params ReadOnlySpan<string> labels)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        if (Series(family, labels) is not { } series) return;

        if (series.Buckets.Length == 0)
        {
            (series.Bounds, series.Buckets) = (histogram.Bounds, new long[histogram.Bounds.Count + 1]);
        }

        if (!series.Bounds.SequenceEqual(histogram.Bounds))
        {
            throw new ArgumentException($"{family?.Name}: histograms with other buckets cannot be added up");
        }

        for (var index = 0; index < series.Buckets.Length; index++) series.Buckets[index] += histogram.Counts[index];
        series.Value += histogram.Sum;
    }

    private MetricSeries? Series(MetricFamily family, ReadOnlySpan<string> labels)
    {
        ArgumentNullException.ThrowIfNull(family);
        if (labels.Length != family.Labels.Length)
        {
            throw new ArgumentException($"{family.Name} has {family.Labels.Length} labels, not {labels.Length}");
        }

        if (!_families.TryGetValue(family, out var all)) _families[family] = all = new(StringComparer.Ordinal);
        var key = string.Join('\u0001', labels!);
        if (all.TryGetValue(key, out var series)) return series;

        if (all.Count >= SeriesMax)
        {
            Overflow++;
            return null;
        }

        return all[key] = new MetricSeries(labels.ToArray());
    }
}
