using System.Diagnostics;
using System.Runtime;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NetSniff.Wire.Health;

/// <summary>The inside of the program as one JSON document: runtime, loops, conditions, ledger, metrics.</summary>
internal static class DebugVars
{
    private static readonly JsonWriterOptions s_form = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // never shown as HTML: the type says JSON
    };

    public static string Write(HealthBoard board)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, s_form))
        {
            json.WriteStartObject();
            json.WriteString("program", board.Program);
            json.WriteString("version", board.Version);
            Runtime(json);
            Heap(json);
            Threads(json);
            Health(json, board);
            Ledger(json, board);
            Counters(json, board.Scrape());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void Runtime(Utf8JsonWriter json)
    {
        json.WriteStartObject("runtime");
        json.WriteString("framework", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription);
        json.WriteString("system", System.Runtime.InteropServices.RuntimeInformation.OSDescription);
        json.WriteNumber("process", Environment.ProcessId);
        json.WriteNumber("processors", Environment.ProcessorCount);
        using var process = Process.GetCurrentProcess();
        json.WriteString("started", process.StartTime.ToUniversalTime());
        json.WriteNumber("cpu_user_seconds", process.UserProcessorTime.TotalSeconds);
        json.WriteNumber("cpu_system_seconds", process.PrivilegedProcessorTime.TotalSeconds);
        json.WriteNumber("resident_bytes", process.WorkingSet64);
        json.WriteNumber("jit_methods", JitInfo.GetCompiledMethodCount());
        json.WriteNumber("jit_bytes", JitInfo.GetCompiledILBytes());
        json.WriteNumber("jit_seconds", JitInfo.GetCompilationTime().TotalSeconds);
        json.WriteEndObject();
    }

    private static void Heap(Utf8JsonWriter json)
    {
        var memory = GC.GetGCMemoryInfo(GCKind.Any);
        json.WriteStartObject("gc");
        json.WriteBoolean("server", GCSettings.IsServerGC);
        json.WriteString("latency_mode", GCSettings.LatencyMode.ToString());
        json.WriteStartArray("collections");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            json.WriteNumberValue(GC.CollectionCount(generation));
        }

        json.WriteEndArray();
        json.WriteNumber("pause_seconds", GC.GetTotalPauseDuration().TotalSeconds);
        json.WriteNumber("pause_percent", memory.PauseTimePercentage);
        json.WriteNumber("allocated_bytes", GC.GetTotalAllocatedBytes());
        json.WriteNumber("heap_bytes", GC.GetTotalMemory(forceFullCollection: false));
        json.WriteNumber("committed_bytes", memory.TotalCommittedBytes);
        json.WriteNumber("fragmented_bytes", memory.FragmentedBytes);
        json.WriteNumber("pinned_objects", memory.PinnedObjectsCount);
        json.WriteNumber("limit_bytes", memory.TotalAvailableMemoryBytes);
        json.WriteNumber("load_bytes", memory.MemoryLoadBytes);
        json.WriteStartArray("generations");
        foreach (var generation in memory.GenerationInfo)
        {
            json.WriteStartObject();
            json.WriteNumber("size_bytes", generation.SizeAfterBytes);
            json.WriteNumber("fragmented_bytes", generation.FragmentationAfterBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Threads(Utf8JsonWriter json)
    {
        json.WriteStartObject("threads");
        json.WriteNumber("pool_threads", ThreadPool.ThreadCount);
        json.WriteNumber("pool_queued", ThreadPool.PendingWorkItemCount);
        json.WriteNumber("pool_completed", ThreadPool.CompletedWorkItemCount);
        json.WriteNumber("lock_contentions", Monitor.LockContentionCount);
        json.WriteNumber("timers", Timer.ActiveCount);
        json.WriteStartArray("all");
        foreach (var thread in ThreadList.Read())
        {
            json.WriteStartObject();
            json.WriteNumber("id", thread.Id);
            json.WriteString("name", thread.Name);
            json.WriteString("state", thread.State);
            json.WriteNumber("cpu_seconds", thread.Cpu.TotalSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Health(Utf8JsonWriter json, HealthBoard board)
    {
        json.WriteStartObject("loops");
        foreach (var loop in board.Loops)
        {
            json.WriteStartObject(loop.Name);
            json.WriteBoolean("alive", loop.IsAlive);
            json.WriteNumber("age_seconds", loop.Age.TotalSeconds);
            json.WriteNumber("age_seconds_max", loop.AgeMax.TotalSeconds);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("conditions");
        foreach (var condition in board.Conditions)
        {
            json.WriteStartObject(condition.Name);
            json.WriteBoolean("holds", condition.State.Holds);
            json.WriteString("reason", condition.State.Reason);
            json.WriteString("text", condition.State.Text);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Ledger(Utf8JsonWriter json, HealthBoard board)
    {
        json.WriteStartArray("ledger");
        foreach (var line in board.Ledger())
        {
            json.WriteStartObject();
            json.WriteString("stage", line.Stage);
            json.WriteString("what", line.Reason);
            json.WriteNumber("count", line.Count);
            json.WriteBoolean("loss", line.IsLoss);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Every metric but the ledger's, which was told: those of queues and stages among them.</summary>
    private static void Counters(Utf8JsonWriter json, MetricSink sink)
    {
        json.WriteStartObject("metrics");
        foreach (var (family, series) in sink.Families)
        {
            if (family == Metrics.Ledger) continue;

            json.WriteStartArray(family.Name);
            foreach (var one in series)
            {
                json.WriteStartObject();
                for (var index = 0; index < family.Labels.Length; index++)
                {
                    json.WriteString(family.Labels[index], one.Labels[index]);
                }

                if (family.Kind == MetricKind.Histogram) json.WriteNumber("count", one.Buckets.Sum());
                json.WriteNumber(family.Kind == MetricKind.Histogram ? "sum" : "value", Finite(one.Value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;
}
