using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Aggregating;

/// <summary>A checked question for sums and counts.</summary>
internal sealed class AggregatePlan
{
    private const int ByMax = 3;
    private const int MeasuresMax = 16;
    private const int HeatStepsDefault = 2;
    private const int HeatStepsMax = 64;

    private AggregatePlan(AggregateRequest request, List<Measure> measures, int top)
    {
        (Request, Measures, Top) = (request, measures, top);
    }

    public AggregateRequest Request { get; }

    public List<Measure> Measures { get; }

    public int Top { get; }

    /// <summary>Fields that percentiles are asked of.</summary>
    public IEnumerable<string> PercentileFields => Measures
        .Where(measure => measure.Kind == MeasureKind.Percentile).Select(measure => measure.Field).Distinct();

    public static AggregatePlan Of(AggregateRequest request, ServeLimits limits)
    {
        if (request.Kind.Length == 0) throw Asking.Wrong("which kind of record?");

        Asking.CheckKind(request.Kind);
        Asking.CheckTimes(request.SinceNanos, request.UntilNanos);
        Asking.Filter(request.Where);
        if (request.By.Count > ByMax) throw Asking.Wrong($"{request.By.Count} fields to group by: the most is {ByMax}");
        if (request.Measures.Count > MeasuresMax)
        {
            throw Asking.Wrong($"{request.Measures.Count} measures: the most is {MeasuresMax}");
        }

        foreach (var field in request.By) Asking.CheckField(field);
        if (request.BucketNanos < 0) throw Asking.Wrong("a bucket of time is longer than nothing");
        if (request.Heat.Length > 0)
        {
            Asking.CheckField(request.Heat);
            Measure.CheckNumeric(request.Heat);
        }

        if (request.HeatSteps > HeatStepsMax) throw Asking.Wrong($"a doubling has at most {HeatStepsMax} buckets");

        List<Measure> measures = [.. request.Measures.Select(Measure.Parse)];
        if (measures.Count == 0) measures.Add(Measure.Parse("count"));
        var most = request.Local ? limits.GroupsMax : limits.RowsMax;
        var top = request.Top == 0 ? most : (int)Math.Min(request.Top, (uint)most);
        return new AggregatePlan(request, measures, top);
    }

    public AggregateQuery ToQuery() => new()
    {
        Kind = Request.Kind,
        Where = Request.Where.Length == 0 ? null : Request.Where,
        SinceNanos = Request.SinceNanos,
        UntilNanos = Request.UntilNanos,
        By = [.. Request.By],
        Measures = [.. Measures.Select(measure => measure.Text)],
        BucketNanos = Request.BucketNanos,
        Heat = Request.Heat.Length == 0 ? null : Request.Heat,
        HeatSteps = Request.HeatSteps == 0 ? HeatStepsDefault : (int)Request.HeatSteps,
        RowsMax = Top,
    };
}
