using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>The frames of one shard out of many, in order, and between them what it must hear of the others'.</summary>
/// <remarks>Keeps its room from one filling to the next. It grows with what was read at a time: frames are no more than
/// fit into that, and bytes of datagrams no more than that and <see cref="IpDefragmenter.BytesMax"/>.</remarks>
public sealed unsafe class FrameShare
{
    private const int FramesAtFirst = 4096;
    private const int HintsAtFirst = 64;
    private const int NoDatagram = -1;

    private readonly List<(Datagram Datagram, int Start)> _datagrams = [];
    private Frame[] _frames = new Frame[FramesAtFirst];
    private Hint[] _hints = new Hint[HintsAtFirst];
    private byte[] _bytes = [];
    private int _count;
    private int _hintsCount;
    private int _bytesUsed;

    /// <summary>Frames point into what the reader's memory shows.</summary>
    public ReadOnlySpan<Frame> Frames => _frames.AsSpan(0, _count);

    public void Clear()
    {
        (_count, _hintsCount, _bytesUsed) = (0, 0, 0);
        _datagrams.Clear();
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
        if (_hintsCount == _hints.Length) Array.Resize(ref _hints, 2 * _hintsCount);
        _hints[_hintsCount++] = hint;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowFrames() => Array.Resize(ref _frames, 2 * _count);

    private readonly record struct Hint(long NowNanos, int Before, int Datagram);
}
