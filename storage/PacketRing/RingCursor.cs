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
    private ulong _at;
    private long _found;
    private bool _isDisposed;

    internal RingCursor(IReadOnlyList<RingSegment> segments, RingInterfaces interfaces, RingQuery query)
    {
        _segments = segments;
        _interfaces = interfaces;
        _query = query;
        (_at, _position) = (query.After.Block, query.After.Offset);
        _used = _position;
    }

    public Frame Current { get; private set; }

    /// <summary>The <see cref="Packets.FlowHash"/> it was appended with.</summary>
    public ulong FlowHash { get; private set; }

    /// <summary>What <see cref="Frame.Interface"/> meant when the packet was captured.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces { get; private set; } = [];

    /// <summary>Behind the last packet that was looked at: where another cursor goes on.</summary>
    public RingPosition Position => new(_at, _position);

    /// <summary>What was appended behind <see cref="RingQuery.After"/> was given up before it was read, some of it.
    /// </summary>
    public bool LostPlace { get; private set; }

    /// <summary>Blocks that were looked into, and blocks that their times or flows ruled out.</summary>
    public (long Visited, long Skipped) Blocks { get; private set; }

    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        while (_found < _query.PacketsMax)
        {
            if (_position >= _used && !HasMore()) return false;

            var packet = (PacketHeader*)((byte*)_block + _position);
            _position += PacketHeader.Room(packet->CapturedLength);
            if (packet->TimeNanos < _query.FromNanos || packet->TimeNanos > _query.ToNanos) continue;
            if (_query.Flows.Count > 0 && !_query.Flows.Contains(packet->FlowHash)) continue;

            var frame = new Frame(
                (nint)packet + PacketHeader.Size, packet->CapturedLength, packet->WireLength, packet->TimeNanos,
                (LinkType)packet->LinkType, packet->Interface, packet->StrippedVlan, packet->StrippedVlanType);
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

    /// <summary>Whether there is another packet: in this block, which may have grown, or in a later one.</summary>
    private bool HasMore()
    {
        if (_block == null) return NextBlock();

        var isFull = HasLater();
        var used = UsedOf(_block);
        if (used <= _used) return isFull && NextBlock();

        _used = used;
        return true;
    }

    /// <summary>Whether a later block has been begun, so that this one grows no more.</summary>
    private bool HasLater() => _index + 1 < _segments[_segment].BlocksBegun
        || (_segment + 1 < _segments.Count && _segments[_segment + 1].BlocksBegun > 0);

    private int UsedOf(BlockHeader* block)
    {
        var used = Volatile.Read(ref block->Used);
        return block->Number == _query.Before.Block ? Math.Min(used, _query.Before.Offset) : used;
    }

    private bool NextBlock()
    {
        for (; _segment < _segments.Count; _segment++, _index = -1)
        {
            while (++_index < _segments[_segment].BlocksBegun)
            {
                var block = _segments[_segment].Block(_index);
                if (block->Number < _query.After.Block) continue;
                if (block->Number > _query.Before.Block) return false;

                // Asked in this order: what is behind a block that is not the last changes no more.
                var isLast = !HasLater();
                var used = UsedOf(block);
                var from = block->Number == _query.After.Block ? _query.After.Offset : BlockHeader.Size;
                LostPlace |= _at > 0 && block->Number > _at + 1;
                // The block being written is always looked into: its times and flows may be a packet ahead or behind.
                var isSkipped = used <= from || (!isLast && !MayHold(block));
                _at = block->Number;
                (_position, _used) = (isSkipped ? Math.Max(from, used) : from, Math.Max(from, used));
                if (isSkipped)
                {
                    Blocks = (Blocks.Visited, Blocks.Skipped + 1);
                    continue;
                }

                Blocks = (Blocks.Visited + 1, Blocks.Skipped);
                _block = block;
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
