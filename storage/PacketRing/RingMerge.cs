using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Storage.PacketRing;

/// <summary>Walks several rings at once, one a shard: by time, and within a ring in the order of capture. Frames are
/// lent until it is disposed.</summary>
public sealed class RingMerge : IDisposable
{
    private readonly IReadOnlyList<RingCursor> _cursors;

    /// <summary>By time, and where times are equal by the ring's place in the list.</summary>
    private readonly PriorityQueue<int, (long, int)> _heads = new();
    private int _current = -1;

    /// <param name="cursors">Disposed with this.</param>
    public RingMerge(IReadOnlyList<RingCursor> cursors)
    {
        _cursors = cursors;
        for (var index = 0; index < cursors.Count; index++) Advance(index);
    }

    public Frame Current => _cursors[_current].Current;

    public ulong FlowHash => _cursors[_current].FlowHash;

    /// <summary>Where the current frame was captured.</summary>
    public CaptureInterface Interface
    {
        get
        {
            var (frame, known) = (Current, _cursors[_current].Interfaces);
            return frame.Interface < known.Count
                ? known[frame.Interface]
                : new CaptureInterface("", frame.LinkType, 0);
        }
    }

    public bool LostPlace => _cursors.Any(static cursor => cursor.LostPlace);

    /// <summary>Where each ring was read to, in the order of the list. Good once there is nothing more.</summary>
    public IReadOnlyList<RingPosition> Positions => [.. _cursors.Select(static cursor => cursor.Position)];

    public bool MoveNext()
    {
        if (_current >= 0) Advance(_current);
        if (_heads.TryDequeue(out _current, out _)) return true;

        _current = -1;
        return false;
    }

    public void Dispose()
    {
        foreach (var cursor in _cursors) cursor.Dispose();
    }

    private void Advance(int index)
    {
        var cursor = _cursors[index];
        if (cursor.MoveNext()) _heads.Enqueue(index, (cursor.Current.TimeNanos, index));
    }
}
