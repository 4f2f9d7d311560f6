using System.Diagnostics;
using System.Text;

namespace NetSniff.Wire.Telemetry;

/// <summary>Follows a batch of records from the moment its first packet was captured until it is stored, across
/// sensor, spool and worker: one trace for each batch that is sampled.</summary>
/// <remarks>The sensor calls <see cref="Begin"/> when a batch is sealed and keeps the text with the batch (trace_parent
/// of ingest.proto); whoever does something with the batch calls <see cref="Step"/> with it. While nobody listens both
/// give nothing and cost a few nanoseconds.</remarks>
public static class BatchTrace
{
    public const string SourceName = "netsniff";

    /// <summary>Batches between two that are followed, unless told otherwise.</summary>
    public const int OneInDefault = 1_000;

    private static readonly ActivitySource s_source = new(SourceName);
    private static long s_batches = -1;
    private static int s_oneIn = OneInDefault;

    /// <summary>One batch in so many is followed; the first always is.</summary>
    public static int OneIn
    {
        get => Volatile.Read(ref s_oneIn);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            Volatile.Write(ref s_oneIn, value);
        }
    }

    /// <summary>A batch is whole. Its trace begins when its oldest record was captured.</summary>
    /// <param name="firstNanos">Since 1970 UTC.</param>
    /// <returns>A W3C traceparent to keep with the batch, or null where it is not followed.</returns>
    public static string? Begin(string lane, int records, int bytes, long firstNanos)
    {
        if (!s_source.HasListeners()) return null;
        if ((ulong)Interlocked.Increment(ref s_batches) % (ulong)OneIn != 0) return null;

        // A trace of its own, whatever the caller is in the middle of.
        var around = Activity.Current;
        Activity.Current = null;
        try
        {
            var start = DateTimeOffset.UnixEpoch.AddTicks(firstNanos / TimeSpan.NanosecondsPerTick);
            using var activity = s_source.StartActivity(
                ActivityKind.Producer, startTime: start, name: "batch capture");
            if (activity is null) return null;

            activity.SetTag("netsniff.batch.lane", lane);
            activity.SetTag("netsniff.batch.records", records);
            activity.SetTag("netsniff.batch.bytes", bytes);
            return activity.Recorded ? activity.Id : null;
        }
        finally
        {
            Activity.Current = around;
        }
    }

    /// <inheritdoc cref="Step(string, string, ActivityKind)"/>
    public static Activity? Step(
        ReadOnlySpan<byte> traceParent, string name, ActivityKind kind = ActivityKind.Internal) =>
        traceParent.IsEmpty || !s_source.HasListeners()
            ? null
            : Step(Encoding.ASCII.GetString(traceParent), name, kind);

    /// <summary>Something is done with a batch; it takes until what is returned is disposed.</summary>
    /// <param name="traceParent">As the batch has it; null or empty where it is not followed.</param>
    /// <param name="name">`batch send`, `batch ingest`, `batch store`.</param>
    public static Activity? Step(string? traceParent, string name, ActivityKind kind = ActivityKind.Internal)
    {
        if (string.IsNullOrEmpty(traceParent) || !s_source.HasListeners()) return null;

        // What stands there came over the network: text that is no traceparent is no trace.
        return ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var parent)
            ? s_source.StartActivity(name, kind, parent)
            : null;
    }
}
