using NetSniff.Wire.Health;

namespace NetSniff.Worker;

/// <summary>What waits in a worker, as metrics.</summary>
internal sealed class WorkerMetrics(WorkerHost worker) : IMetricSource
{
    private const string Log = "log";

    public void Read(MetricSink sink)
    {
        sink.Add(Metrics.QueueBytes, worker.LogBytesWaiting, Log);
        sink.Add(Metrics.QueueRecords, worker.LogRecordsWaiting, Log);
        sink.AddLargest(Metrics.QueueAge, worker.LagNanos / 1e9, Log);
    }
}
