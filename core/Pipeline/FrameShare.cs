using NetSniff.Packets;

namespace NetSniff.Pipeline;

/// <summary>The frames of one shard out of many, in order, and between them what it must hear of the others'.</summary>
/// <remarks>Keeps its room from one filling to the next: it grows with the frames that fit into what was read, which
/// is bounded.</remarks>
public sealed class FrameShare
{
    private const int FramesAtFirst = 4096;
    private const int HintsAtFirst = 64;

    private Frame[] _frames = new Frame[FramesAtFirst];
    private Hint[] _hints = new Hint[HintsAtFirst];
    private int _hintsCount;

    public int Count { get; private set; }

    /// <summary>Frames that point into what the reader's memory shows.</summary>
    public ReadOnlySpan<Frame> Frames => _frames.AsSpan(0, Count);

    public void Clear() => (Count, _hintsCount) = (0, 0);

    internal void Add(in Frame frame)
    {
        if (Count == _frames.Length) Array.Resize(ref _frames, 2 * Count);
        _frames[Count++] = frame;
    }

    /// <summary>Before the next frame the shard hears how late it is.</summary>
    internal void Tell(long nowNanos, bool isPiece)
    {
        if (_hintsCount == _hints.Length) Array.Resize(ref _hints, 2 * _hintsCount);
        _hints[_hintsCount++] = new Hint(nowNanos, Count, isPiece);
    }

    /// <summary>Has the shard work it off.</summary>
    public void RunOn(Shard shard)
    {
        var start = 0;
        foreach (ref readonly var hint in _hints.AsSpan(0, _hintsCount))
        {
            if (hint.Before > start) shard.Run(_frames.AsSpan(start, hint.Before - start));
            start = hint.Before;
            shard.Overhear(hint.NowNanos, hint.IsPiece);
        }

        shard.Run(_frames.AsSpan(start, Count - start));
    }

    private readonly record struct Hint(long NowNanos, int Before, bool IsPiece);
}
