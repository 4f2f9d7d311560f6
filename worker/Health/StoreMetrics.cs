using NetSniff.Wire.Health;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Health;

/// <summary>What a store holds and what went from it, under the names that dashboards know.</summary>
public sealed class StoreMetrics(IRecordStore store, TimeProvider clock) : IMetricSource
{
    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var counts = store.Counts;
        sink.Add(Metrics.StoreRecords, counts.Records);
        sink.Add(Metrics.StoreExpired, counts.RecordsExpired);
        sink.Add(Metrics.StoreRetracted, counts.RecordsRetracted);
        sink.Add(Metrics.StoreBytes, counts.BytesOnDisk);
        if (counts.NewestNanos == 0) return;

        sink.AddLargest(Metrics.StoreSpan, (counts.NewestNanos - counts.OldestNanos) / 1e9);
        // Clocks of two machines differ: a record may seem to come from a moment that is not yet.
        var now = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        sink.AddLargest(Metrics.StoreLag, Math.Max(0, now - counts.NewestNanos / 1e9));
    }
}
