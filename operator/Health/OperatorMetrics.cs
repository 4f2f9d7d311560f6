using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Wire.Health;

namespace NetSniff.Operator.Health;

/// <summary>How reconciling goes, as metrics.</summary>
public sealed class OperatorMetrics(OperatorHost host, TimeProvider clock) : IMetricSource
{
    private static readonly FailureKind[] s_kinds = Enum.GetValues<FailureKind>();

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        sink.Add(Metrics.Leader, host.IsLeading ? 1 : 0);
        foreach (var loop in host.Loops)
        {
            var name = loop.Reconciler.Kind.Plural;
            sink.Add(Metrics.Reconciled, loop.Succeeded, name, "ok");
            sink.Add(Metrics.Reconciled, loop.Failed, name, "failed");
            sink.Add(Metrics.ReconcileBusy, loop.Busy.TotalSeconds, name);
            sink.Add(Metrics.ReconcileWaiting, loop.Queue.Waiting, name);
        }

        sink.Add(Metrics.ClusterWrites, host.Applier.Writes, "apply");
        sink.Add(Metrics.ClusterWrites, host.Statuses.Writes, "status");
        sink.Add(Metrics.ClusterWrites, host.Events.Writes, "event");
        foreach (var watch in host.Watches) Read(sink, watch);
    }

    /// <summary>Two watches of a kind, in two namespaces, are one line: objects add up, the older one's age counts.
    /// </summary>
    private void Read(MetricSink sink, IResourceWatch watch)
    {
        var (state, counters) = (watch.State, watch.Counters);
        sink.Add(Metrics.WatchObjects, watch.Count, watch.Plural);
        if (state.IsSynced)
        {
            sink.AddLargest(Metrics.WatchAge, (clock.GetUtcNow() - state.HeardAt).TotalSeconds, watch.Plural);
        }

        sink.Add(Metrics.WatchNotices, counters.Notices, watch.Plural);
        sink.Add(Metrics.WatchLists, counters.Lists, watch.Plural);
        foreach (var kind in s_kinds)
        {
            if (counters.Failures(kind) is var failures and > 0)
            {
                sink.Add(Metrics.WatchFailures, failures, watch.Plural, kind.ToString());
            }
        }
    }
}
