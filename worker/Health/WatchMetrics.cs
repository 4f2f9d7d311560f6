using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Wire.Health;

namespace NetSniff.Worker.Health;

/// <summary>What was heard from the cluster's API server, as metrics.</summary>
public sealed class WatchMetrics(IReadOnlyList<IResourceWatch> watches, TimeProvider clock) : IMetricSource
{
    private static readonly FailureKind[] s_kinds = Enum.GetValues<FailureKind>();

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        foreach (var watch in watches)
        {
            var (state, counters) = (watch.State, watch.Counters);
            sink.Add(Metrics.WatchObjects, watch.Count, watch.Plural);
            if (state.IsSynced)
            {
                sink.AddLargest(
                    Metrics.WatchAge, (clock.GetUtcNow() - state.HeardAt).TotalSeconds, watch.Plural);
            }

            sink.Add(Metrics.WatchNotices, counters.Notices, watch.Plural);
            sink.Add(Metrics.WatchLists, counters.Lists, watch.Plural);
            sink.Add(Metrics.WatchRefused, counters.Refused, watch.Plural);
            foreach (var kind in s_kinds)
            {
                if (counters.Failures(kind) is var failures and > 0)
                {
                    sink.Add(Metrics.WatchFailures, failures, watch.Plural, kind.ToString());
                }
            }
        }
    }
}
