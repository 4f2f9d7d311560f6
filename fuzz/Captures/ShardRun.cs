using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Fuzz.Captures;

/// <summary>A shard fed from memory whose every frame ends at a page that may not be touched.</summary>
internal sealed class ShardRun(ShardOptions options, RecordConsumer consumer, GuardedSlots slots) : IDisposable
{
    private readonly Frame[] _batch = new Frame[Math.Min(slots.Count, Shard.BatchMax)];

    /// <summary>Room enough for captures of the corpus, quick to make.</summary>
    public static ShardOptions Options { get; } = new() { FlowsMax = 1 << 16, ConversationsMax = 1 << 14 };

    public Shard Shard { get; } = new(options, consumer);

    /// <summary>What a whole capture says, as text.</summary>
    public static (List<RecordText> Records, ShardCounters Counters) Read(
        IReadOnlyList<CapturedFrame> frames, GuardedSlots slots)
    {
        var records = new RecordTexts();
        using var run = new ShardRun(Options, records, slots);
        run.Take(frames, frames.Count);
        run.Shard.Finish();
        return (records.All, run.Shard.Counters);
    }

    /// <param name="count">How many of the frames.</param>
    public void Take(IReadOnlyList<CapturedFrame> frames, int count)
    {
        for (var start = 0; start < count; start += _batch.Length)
        {
            var length = Math.Min(_batch.Length, count - start);
            for (var index = 0; index < length; index++) _batch[index] = slots.Place(index, frames[start + index]);
            Shard.Run(_batch.AsSpan(0, length));
        }
    }

    public void Dispose() => Shard.Dispose();
}
