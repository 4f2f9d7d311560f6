using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Storage.PacketRing;

/// <summary>Walks the packets that a query asked for. Frames are lent until the cursor is disposed.</summary>
public sealed unsafe class RingCursor : IDisposable
{
    private readonly IReadOnlyList<RingSegment> _segments;
    private readonly RingInterfaces _interfaces;
    private readonly RingQuery _query;
    private int _segment;
    private int _index = -1;
    private BlockHeader* _block;
    private int _position;
    private int _used;
    private long _found;
    private bool _isDisposed;

    internal RingCursor(IReadOnlyList<RingSegment> segments, RingInterfaces interfaces, RingQuery query)
    {
        _segments = segments;
        _interfaces = interfaces;
        _query = query;
    }

    public Frame Current { get; private set; }

    /// <summary>The <see cref="Packets.FlowHash"/> it was appended with.</summary>
    public ulong FlowHash { get; private set; }

    /// <summary>What <see cref="Frame.Interface"/> meant when the packet was captured.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces { get; private set; } = [];

    /// <summary>Blocks that were looked into, and blocks that their times or flows ruled out.</summary>
    public (long Visited, long Skipped) Blocks { get; private set; }

    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        while (_found < _query.PacketsMax)
        {
            if (_position >= _used && !NextBlock()) return false;

            var packet = (PacketHeader*)((byte*)_block + _position);
            _position += PacketHeader.Room(packet->CapturedLength);
            if (packet->TimeNanos < _query.FromNanos || packet->TimeNanos > _query.ToNanos) continue;
            if (_query.Flows.Count > 0 && !_query.Flows.Contains(packet->FlowHash)) continue;

            var frame = new Frame(
                (nint)packet + PacketHeader.Size, packet->CapturedLength, packet->WireLength, packet->TimeNanos,
                (LinkType)packet->LinkType, packet->Interface, packet->StrippedVlan);
            if (_query.Filter is { } filter && !filter(frame)) continue;

            (Current, FlowHash) = (frame, packet->FlowHash);
            _found++;
            return true;
        }

        return false;
    }

    public void Dispose()
    {
        if (_isDisposed) return;

        _isDisposed = true;
        foreach (var segment in _segments) segment.File.Release();
    }

    private bool NextBlock()
    {
        for (; _segment < _segments.Count; _segment++, _index = -1)
        {
            while (++_index < _segments[_segment].BlocksBegun)
            {
                var block = _segments[_segment].Block(_index);
                var used = Volatile.Read(ref block->Used);
                // The block being written is always looked into: its times and flows may be a packet ahead or behind.
                var isLast = _segment == _segments.Count - 1 && _index == _segments[_segment].BlocksBegun - 1;
                if (used <= BlockHeader.Size || (!isLast && !MayHold(block)))
                {
                    Blocks = (Blocks.Visited, Blocks.Skipped + 1);
                    continue;
                }

                Blocks = (Blocks.Visited + 1, Blocks.Skipped);
                _block = block;
                (_position, _used) = (BlockHeader.Size, used);
                Interfaces = _interfaces.Of(block->Run);
                return true;
            }
        }

        return false;
    }

    private bool MayHold(BlockHeader* block)
    {
        if (block->LastNanos < _query.FromNanos || block->FirstNanos > _query.ToNanos) return false;
        if (_query.Flows.Count == 0) return true;
        foreach (var flow in _query.Flows)
        {
            if (block->MayHave(flow)) return true;
        }

        return false;
    }
}
