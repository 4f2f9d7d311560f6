using System.Diagnostics;
using System.Globalization;

namespace NetSniff.Wire.Health;

/// <summary>The process and its runtime, under the names that Prometheus' own clients use where they have one.
/// </summary>
internal sealed class RuntimeMetrics : IMetricSource
{
    public void Read(MetricSink sink)
    {
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds();
        sink.Add(Metrics.ProcessCpu, process.TotalProcessorTime.TotalSeconds);
        sink.Add(Metrics.ProcessMemory, process.WorkingSet64);
        sink.Add(Metrics.ProcessStart, started / 1000.0);
        sink.Add(Metrics.ProcessThreads, process.Threads.Count);
        if (Directory.Exists("/proc/self/fd"))
        {
            sink.Add(Metrics.ProcessFiles, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        }

        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var label = generation.ToString(CultureInfo.InvariantCulture);
            sink.Add(Metrics.GcCollections, GC.CollectionCount(generation), label);
        }

        sink.Add(Metrics.GcPause, GC.GetTotalPauseDuration().TotalSeconds);
        sink.Add(Metrics.GcHeap, GC.GetTotalMemory(forceFullCollection: false));
        sink.Add(Metrics.GcAllocated, GC.GetTotalAllocatedBytes());
        sink.Add(Metrics.PoolThreads, ThreadPool.ThreadCount);
        sink.Add(Metrics.PoolQueue, ThreadPool.PendingWorkItemCount);
        sink.Add(Metrics.Contentions, Monitor.LockContentionCount);
    }
}
