using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Aggregating;

/// <summary>Adds up what workers counted. Percentiles cannot be added up: for each field they are asked of, everyone
/// tells how many values lie in each logarithmic bucket, and the percentile is read off the sum.</summary>
internal sealed class AggregateMerge
{
    /// <summary>Between the parts of a group's key: no text that was captured holds it unescaped, and if one did, two
    /// groups would become one.</summary>
    private const char Between = '\u001f';

    private readonly Dictionary<string, AggregateRow> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Group, string Field), Sketch> _sketches = [];
    private readonly Measure[] _asked;

    public AggregateMerge(AggregatePlan plan, int workers)
    {
        Plan = plan;
        // The group is counted even where only percentiles are wanted, so that there is a row to put them in.
        _asked = [.. plan.Measures.Where(measure => measure.Kind != MeasureKind.Percentile)];
        if (_asked.Length == 0) _asked = [Measure.Parse("count")];
        if (plan.Request.Heat.Length > 0 && plan.PercentileFields.Any())
        {
            throw Asking.Wrong(
                $"percentiles beside a heat map cannot be put together from {workers} workers: ask for one of them");
        }
    }

    public AggregatePlan Plan { get; }

    /// <summary>What to ask every worker: the sums, then for each field with percentiles its buckets.</summary>
    public IEnumerable<AggregateRequest> Parts()
    {
        var sums = Plan.Request.Clone();
        sums.Measures.Clear();
        sums.Measures.AddRange(_asked.Select(measure => measure.Text));
        yield return sums;
        foreach (var field in Plan.PercentileFields)
        {
            var buckets = Plan.Request.Clone();
            buckets.Measures.Clear();
            buckets.Measures.Add("count");
            buckets.Heat = field;
            buckets.HeatSteps = Sketch.Steps;
            yield return buckets;
        }
    }

    public void Add(AggregateRequest part, IEnumerable<AggregateRow> rows)
    {
        var isSketch = part.Heat.Length > 0 && part.Heat != Plan.Request.Heat;
        foreach (var row in rows)
        {
            if (isSketch) AddToSketch(part.Heat, row);
            else AddSums(row);
        }
    }

    /// <summary>As many rows as were asked for, the largest first, or in order of time.</summary>
    public IEnumerable<AggregateRow> Rows(out bool isCut)
    {
        var rows = _groups.Select(group => Finished(group.Key, group.Value));
        var ordered = Plan.Request.BucketNanos == 0
            ? rows.OrderByDescending(row => row.Values[0])
            : rows.OrderBy(row => row.BucketNanos).ThenByDescending(row => row.Values[0]);
        isCut = _groups.Count > Plan.Top && Plan.Request.Top == 0;
        return ordered.ThenBy(row => row.Heat).Take(Plan.Top);
    }

    private static string KeyOf(AggregateRow row, bool hasHeat) => string.Join(
        Between,
        row.By.Append(row.BucketNanos.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Append(hasHeat ? row.Heat.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : ""));

    private void AddToSketch(string field, AggregateRow row)
    {
        var key = (KeyOf(row, hasHeat: false), field);
        if (!_sketches.TryGetValue(key, out var sketch)) _sketches.Add(key, sketch = new Sketch());
        if (row.Values.Count > 0) sketch.Add(row.Heat, row.Values[0]);
    }

    private void AddSums(AggregateRow row)
    {
        // A worker of another version that answers something else does no harm.
        if (row.Values.Count != _asked.Length) return;

        var key = KeyOf(row, hasHeat: Plan.Request.Heat.Length > 0);
        if (!_groups.TryGetValue(key, out var sum))
        {
            _groups.Add(key, row.Clone());
            return;
        }

        for (var index = 0; index < _asked.Length; index++)
        {
            sum.Values[index] = _asked[index].Merge(sum.Values[index], row.Values[index]);
        }
    }

    private AggregateRow Finished(string key, AggregateRow sums)
    {
        var row = new AggregateRow { By = { sums.By }, BucketNanos = sums.BucketNanos, Heat = sums.Heat };
        var next = 0;
        foreach (var measure in Plan.Measures)
        {
            row.Values.Add(measure.Kind == MeasureKind.Percentile
                ? _sketches.GetValueOrDefault((key, measure.Field))?.Percentile(measure.Percent)
                    ?? double.NaN
                : sums.Values[next++]);
        }

        return row;
    }
}
