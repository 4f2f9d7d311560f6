using NetSniff.Flows;
using NetSniff.Pipeline;
using NetSniff.Streams;

namespace NetSniff.Sensor.Governor;

/// <summary>Shares a memory limit out, so that what every part may hold at its own bound fits in it together.</summary>
/// <remarks>Bounds come first: they hold at any load, without anybody watching. The governor is for what lies
/// below them.</remarks>
/// <param name="Shard">Bounds of one shard.</param>
/// <param name="RingMebibytes">Kernel memory of one ring.</param>
/// <param name="HeapBytesMax">For GCHeapHardLimit: what may be on the managed heap.</param>
public sealed record MemoryPlan(long LimitBytes, ShardOptions Shard, int RingMebibytes, long HeapBytesMax)
{
    /// <summary>The runtime itself, code and stacks, which nothing here can bound.</summary>
    private const long RuntimeBytes = 64L << 20;

    /// <summary>Below this a sensor cannot work.</summary>
    public const long LimitBytesMin = 96L << 20;

    // Of what remains, in percent. The rest is for queues to the disk and what the plan does not know.
    private const int FlowsPercent = 35, StreamsPercent = 25, RingsPercent = 15;

    /// <summary>A flow of TCP with its share of an index that is at most half full, and of what that may double to.
    /// </summary>
    private const int BytesPerFlow = Flow.SizeMax + 3 * 2 * 8;

    /// <summary>A conversation's objects, its parser among them, without what it holds.</summary>
    private const int BytesPerConversation = 2_048;

    private const int FlowsMin = 4_096;
    private const int ConversationsMin = 512;
    private const int RingMebibytesMin = 2;

    /// <param name="limitBytes">Of the control group, or a budget; what is below <see cref="LimitBytesMin"/> is taken
    /// for that.</param>
    public static MemoryPlan For(long limitBytes, int shards, ShardOptions wanted, int ringMebibytesWanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var limit = Math.Max(limitBytes, LimitBytesMin);
        var each = (limit - RuntimeBytes) / Math.Max(1, shards);
        var flows = (int)Math.Clamp(each * FlowsPercent / 100 / BytesPerFlow, FlowsMin, wanted.FlowsMax);
        var streams = each * StreamsPercent / 100;
        // A half for the objects, a half for the bytes.
        var conversations = (int)Math.Clamp(
            streams / 2 / BytesPerConversation, ConversationsMin, wanted.ConversationsMax);
        var held = Math.Min(streams / 2, wanted.Streams.BytesMax);
        var rings = (int)Math.Clamp(each * RingsPercent / 100 >> 20, RingMebibytesMin, ringMebibytesWanted);
        var shard = wanted with
        {
            FlowsMax = flows,
            ConversationsMax = conversations,
            FragmentBytesMax = (int)Math.Min(wanted.FragmentBytesMax, Math.Max(1 << 20, each / 50)),
            Streams = wanted.Streams with
            {
                BytesMax = held,
                PendingBytesMax = (int)Math.Min(wanted.Streams.PendingBytesMax, Math.Max(65_536, held / 8)),
            },
        };
        // Flows lie in native memory, rings in the kernel's.
        var native = (long)Math.Max(1, shards) * ((long)flows * BytesPerFlow + ((long)rings << 20));
        return new MemoryPlan(limit, shard, rings, Math.Max(32L << 20, limit - RuntimeBytes / 2 - native));
    }
}
