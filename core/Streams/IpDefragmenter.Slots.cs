using NetSniff.Packets;

namespace NetSniff.Streams;

/// <summary>The datagrams: slots of one array, found by a chained table, each in one list by age.</summary>
public sealed unsafe partial class IpDefragmenter
{
    private readonly Slot[] _slots;
    private readonly int[] _buckets;
    private SlotList _gathering;
    private SlotList _remembered;
    private SlotList _departed;
    private int _freeSlot;
    private int _slotsTouched;

    private enum SlotState : byte { Free, Gathering, Remembered, Departed }

    private struct Slot
    {
        public Datagram Datagram;
        public long SinceNanos;
        public int Bucket;
        public int Chain;
        public int Older;
        public int Newer;
        public int FirstChunk;
        public int LastChunk;
        public int ReceivedBytes;

        /// <summary>By the last piece; -1 until it came.</summary>
        public int TotalBytes;
        public int HighestEnd;
        public SlotState State;
        public bool IsSpoiled;
    }

    private struct SlotList
    {
        public int Head;
        public int Tail;
        public int Count;

        public static SlotList Empty => new() { Head = -1, Tail = -1 };

        public void Append(Slot[] slots, int index)
        {
            slots[index].Older = Tail;
            slots[index].Newer = -1;
            if (Tail >= 0) slots[Tail].Newer = index;
            else Head = index;
            Tail = index;
            Count++;
        }

        public void Remove(Slot[] slots, int index)
        {
            ref var slot = ref slots[index];
            if (slot.Older >= 0) slots[slot.Older].Newer = slot.Newer;
            else Head = slot.Newer;
            if (slot.Newer >= 0) slots[slot.Newer].Older = slot.Older;
            else Tail = slot.Older;
            Count--;
        }
    }

    /// <summary>IPv4 tells datagrams apart by protocol too; IPv6 does not (RFC 8200 section 4.5).</summary>
    private static ulong ProtocolOf(in Packet piece) => piece.Source.IsV4 ? piece.Protocol : 0ul;

    private static ulong HashOf(in Packet piece) => FlowHash.Directed(
        piece.Source,
        piece.Target,
        piece.FragmentId | ProtocolOf(in piece) << 32 | (ulong)piece.Tunnel << 40,
        piece.TunnelId | (ulong)piece.OuterVlan << 32 | (ulong)piece.InnerVlan << 48);

    private static bool IsSame(in Datagram datagram, in Packet piece) =>
        datagram.FragmentId == piece.FragmentId
        && datagram.Source == piece.Source
        && datagram.Target == piece.Target
        && (datagram.Protocol == piece.Protocol || !piece.Source.IsV4)
        && datagram.OuterVlan == piece.OuterVlan
        && datagram.InnerVlan == piece.InnerVlan
        && datagram.Tunnel == piece.Tunnel
        && datagram.TunnelId == piece.TunnelId;

    /// <summary>The datagram a piece belongs to, unless its time is up.</summary>
    private int Find(in Packet piece, ulong hash)
    {
        var index = _buckets[(int)hash & (_buckets.Length - 1)];
        while (index >= 0 && !IsSame(in _slots[index].Datagram, in piece)) index = _slots[index].Chain;
        if (index < 0) return index;

        var age = piece.TimeNanos - _slots[index].SinceNanos;
        if (_slots[index].State == SlotState.Remembered)
        {
            if (age <= LateNanosMax) return index;
            Forget(index);
        }
        else
        {
            if (age <= GatherNanosMax) return index;
            Depart(index, DatagramFate.TimedOut);
        }

        return -1;
    }

    private int Open(in Packet piece, ulong hash)
    {
        if (_gathering.Count == _datagramsMax) Depart(_gathering.Head, DatagramFate.Evicted);

        var index = _freeSlot;
        if (index >= 0) _freeSlot = _slots[index].Chain;
        else index = _slotsTouched++;

        ref var slot = ref _slots[index];
        slot = default;
        slot.State = SlotState.Gathering;
        slot.SinceNanos = piece.TimeNanos;
        slot.FirstChunk = -1;
        slot.LastChunk = -1;
        slot.TotalBytes = -1;
        slot.Datagram = new Datagram
        {
            Source = piece.Source,
            Target = piece.Target,
            FirstTimeNanos = piece.TimeNanos,
            FragmentId = piece.FragmentId,
            TunnelId = piece.TunnelId,
            OuterVlan = piece.OuterVlan,
            InnerVlan = piece.InnerVlan,
            EtherType = piece.EtherType,
            Interface = piece.Interface,
            Protocol = piece.Protocol,
            TimeToLive = piece.TimeToLive,
            Tunnel = piece.Tunnel,
        };

        slot.Bucket = (int)hash & (_buckets.Length - 1);
        slot.Chain = _buckets[slot.Bucket];
        _buckets[slot.Bucket] = index;
        _gathering.Append(_slots, index);
        return index;
    }

    private void Unchain(int index)
    {
        ref var link = ref _buckets[_slots[index].Bucket];
        while (link != index) link = ref _slots[link].Chain;
        link = _slots[index].Chain;
    }

    private void Free(int index)
    {
        _slots[index].State = SlotState.Free;
        _slots[index].Chain = _freeSlot;
        _freeSlot = index;
    }

    /// <summary>Delivered: stays in the table for a while, so that its duplicates find their flow.</summary>
    private void Remember(int index)
    {
        if (_remembered.Count == RememberedMax) Forget(_remembered.Head);

        _gathering.Remove(_slots, index);
        ref var slot = ref _slots[index];
        slot.State = SlotState.Remembered;
        slot.SinceNanos = slot.Datagram.LastTimeNanos;
        slot.Datagram.Fate = DatagramFate.Late;
        _remembered.Append(_slots, index);
    }

    private void Forget(int index)
    {
        _remembered.Remove(_slots, index);
        Unchain(index);
        Free(index);
    }

    /// <summary>Given up: leaves the table and waits to be taken.</summary>
    private void Depart(int index, DatagramFate fate)
    {
        if (_departed.Count == DepartedMax)
        {
            TakeDeparted(out var unclaimed);
            Counters.IncompletePieces -= unclaimed.Packets;
            Counters.UncreditedPieces += unclaimed.Packets;
        }

        ref var slot = ref _slots[index];
        FreeChunks(ref slot);
        _gathering.Remove(_slots, index);
        Unchain(index);
        slot.State = SlotState.Departed;
        slot.Datagram.Fate = fate;
        _departed.Append(_slots, index);
        switch (fate)
        {
            case DatagramFate.TimedOut: Counters.TimedOut++; break;
            case DatagramFate.Evicted: Counters.Evicted++; break;
            default: Counters.Ended++; break;
        }
    }

    private void TakeDeparted(out Datagram datagram)
    {
        var index = _departed.Head;
        datagram = _slots[index].Datagram;
        Counters.IncompletePieces += datagram.Packets;
        _departed.Remove(_slots, index);
        Free(index);
    }
}
