using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>The frames of one shard out of many, in order, and between them what it must hear of the others'.</summary>
/// <remarks>Keeps its room from one filling to the next, unless that is far more than usual. It grows with what was
/// read at a time: frames are no more than fit into that, and bytes of datagrams no more than that and
/// <see cref="IpDefragmenter.BytesMax"/>.</remarks>
public sealed unsafe class FrameShare
{
    /// <summary>Frames that shares of one chunk keep room for, together.</summary>
    public const int FramesKept = 1 << 16;

    /// <summary>Bytes of datagrams that they keep room for, together.</summary>
    public const int BytesKept = 1 << 20;

    /// <summary>Hints that they keep room for, together. One that has its part of them wants no more frames.</summary>
    public const int HintsKept = 1 << 14;

    private const int FramesAtFirst = 256;
    private const int HintsAtFirst = 16;
    private const int NoDatagram = -1;

    private readonly int _shares;

    private readonly List<(Datagram Datagram, int Start)> _datagrams = [];
    private Frame[] _frames = [];
    private Hint[] _hints = [];
    private byte[] _bytes = [];
    private int _count;
    private int _hintsCount;
    private int _bytesUsed;

    /// <param name="shares">How many a chunk is dealt out to.</param>
    public FrameShare(int shares) => _shares = shares;

    /// <summary>Frames point into what the reader's memory shows.</summary>
    public ReadOnlySpan<Frame> Frames => _frames.AsSpan(0, _count);

    /// <summary>Whether it should be worked off before it gets more.</summary>
    public bool IsFull => _hintsCount >= HintsKept / _shares;

    internal int Hints => _hintsCount;

    /// <summary>Bytes of memory it holds, filled or not, without those that frames point to.</summary>
    internal long Room =>
        (long)_frames.Length * sizeof(Frame) + (long)_hints.Length * sizeof(Hint) + _bytes.Length
        + (long)_datagrams.Capacity * sizeof((Datagram, int));

    public void Clear()
    {
        (_count, _hintsCount, _bytesUsed) = (0, 0, 0);
        _datagrams.Clear();
        if (_frames.Length > Math.Max(FramesAtFirst, FramesKept / _shares)) _frames = [];
        if (_bytes.Length > BytesKept / _shares) _bytes = [];
        if (_hints.Length > Math.Max(HintsAtFirst, 2 * HintsKept / _shares)) _hints = [];
        if (_datagrams.Capacity > HintsKept / _shares) _datagrams.Capacity = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(in Frame frame)
    {
        if (_count == _frames.Length) GrowFrames();
        _frames[_count++] = frame;
    }

    /// <summary>Before the next frame the shard hears how late it is.</summary>
    internal void Tell(long nowNanos) => Add(new Hint(nowNanos, _count, NoDatagram));

    /// <summary>Before the next frame the shard gets a datagram. Its bytes are copied.</summary>
    internal void Add(in Datagram datagram, long nowNanos)
    {
        Add(new Hint(nowNanos, _count, _datagrams.Count));
        _datagrams.Add((datagram, _bytesUsed));
        if (datagram.Fate != DatagramFate.Reassembled) return;

        var wanted = _bytesUsed + datagram.Length;
        if (_bytes.Length < wanted)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Math.Max(wanted, 2 * _bytes.Length), pinned: true);
            _bytes.AsSpan(0, _bytesUsed).CopyTo(larger);
            _bytes = larger;
        }

        new ReadOnlySpan<byte>(datagram.Data, datagram.Length).CopyTo(_bytes.AsSpan(_bytesUsed));
        _bytesUsed = wanted;
    }

    /// <summary>Has the shard work it off.</summary>
    public void RunOn(Shard shard)
    {
        var start = 0;
        foreach (ref readonly var hint in _hints.AsSpan(0, _hintsCount))
        {
            if (hint.Before > start) shard.Run(_frames.AsSpan(start, hint.Before - start));
            start = hint.Before;
            shard.Overhear(hint.NowNanos);
            if (hint.Datagram != NoDatagram) Take(hint.Datagram, shard);
        }

        shard.Run(_frames.AsSpan(start, _count - start));
    }

    private void Take(int index, Shard shard)
    {
        var (datagram, start) = _datagrams[index];
        if (datagram.Fate == DatagramFate.Reassembled)
        {
            datagram.Data = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, start);
        }

        shard.Take(in datagram);
    }

    private void Add(Hint hint)
    {
        if (_hintsCount == _hints.Length) Array.Resize(ref _hints, Math.Max(HintsAtFirst, 2 * _hintsCount));
        _hints[_hintsCount++] = hint;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowFrames() => Array.Resize(ref _frames, Math.Max(FramesAtFirst, 2 * _count));

    private readonly record struct Hint(long NowNanos, int Before, int Datagram);
}
