using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NetSniff.Buffers;
using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>All live flows of one shard: an open-addressing index of words over pages of <see cref="Flow"/>.</summary>
/// <remarks>An index word is the hash's upper half and the flow's number plus one. The half names the word's home too,
/// so neither a probe that fails, nor growing, nor what moves up when a flow goes costs a flow's cache line. Linear
/// probing, deletion by shifting back (no tombstones), load at most a half. Grows by doubling up to the bound, in
/// place; pages are allocated as they are first used. Flows of TCP have pages of their own, so that those of others
/// never touch what only TCP needs.</remarks>
public sealed unsafe class FlowTable : IDisposable
{
    // Two huge pages of flows, and one for what those of TCP have besides.
    private const int PageBits = 15;
    private const int PageFlows = 1 << PageBits;
    private const int PageBytes = PageFlows * Flow.Size;
    private const int NumbersBytes = PageFlows * TcpNumbers.Size;
    private const int FlowsMaxStep = 4096;
    private const int IndexBitsMin = 12;

    // The key behind the two ends, in words as a packet has it; but the kind of tunnel is in spare bits of the path.
    internal const int PathOffset = 32, KindOffset = 40, PortsOffset = 44;
    private const int PathTunnelShift = 16 + Flow.TunnelShift;
    private const uint KindTunnelMask = 0xff00;

    /// <summary>Of no packet: the VLAN of a flow whose place is free.</summary>
    private const ushort NoVlan = 0xffff;

    private readonly bool _tunnelIdsApart;
    private readonly nint[] _pages;
    private readonly bool[] _pagesOfTcp;
    private readonly FlowPlaces[] _places = [new(), new()];
    private int _pagesUsed;
    private int _pagesOfNumbers;
    private ulong* _index;
    private uint _indexMask = (1u << IndexBitsMin) - 1;

    /// <param name="flowsMax">Bound on live flows; rounded up to a multiple of 4096.</param>
    /// <param name="tunnelIdsApart">Same addresses in different VXLAN, Geneve, GRE or ERSPAN networks are different
    /// flows.</param>
    public FlowTable(int flowsMax, bool tunnelIdsApart = true)
    {
        _tunnelIdsApart = tunnelIdsApart;
        FlowsMax = Math.Max(FlowsMaxStep, (flowsMax + FlowsMaxStep - 1) & ~(FlowsMaxStep - 1));
        _pages = new nint[(FlowsMax + PageFlows - 1) >> PageBits];
        _pagesOfTcp = new bool[_pages.Length];
        // All that it may grow to; memory is only what is touched.
        var wordsMax = BitOperations.RoundUpToPowerOf2(2 * (uint)FlowsMax);
        _index = (ulong*)LargeMemory.Reserve((nuint)wordsMax * sizeof(ulong));
        NativeMemory.Clear(_index, (nuint)(_indexMask + 1) * sizeof(ulong));
    }

    public int FlowsMax { get; }

    public int Count { get; private set; }

    public bool IsFull
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Count >= FlowsMax;
    }

    /// <summary>Without what is never touched: numbers of TCP in pages where no flow of TCP has been.</summary>
    public long BytesAllocated =>
        (long)_pagesUsed * PageBytes + (long)_pagesOfNumbers * NumbersBytes + 8L * (_indexMask + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Flow* At(int flow) => (Flow*)_pages[flow >> PageBits] + (flow & (PageFlows - 1));

    /// <summary>What only a flow of TCP has: in its page, behind the flows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TcpNumbers* NumbersOf(Flow* flow)
    {
        const nuint InPage = PageBytes - 1;
        var at = (nuint)flow;
        return (TcpNumbers*)((at & ~InPage) + PageBytes + (at & InPage) / (Flow.Size / TcpNumbers.Size));
    }

    /// <summary>First of two wishes: the index word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchIndex(ulong hash) => Prefetch.Read(_index + ((uint)(hash >> 32) & _indexMask));

    /// <summary>Second wish, when the index words have come: the flows they name, which the packets keep as a hint.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void PrefetchFlows(Span<Packet> packets)
    {
        var index = _index;
        var mask = _indexMask;
        foreach (ref var packet in packets)
        {
            var hash = packet.Hash;
            Flow* flow = null;
            for (var at = (uint)(hash >> 32) & mask; index[at] is not 0 and var word; at = (at + 1) & mask)
            {
                if ((word ^ hash) >> 32 != 0) continue;

                flow = At((int)(uint)word - 1);
                Prefetch.Read(flow);
                Prefetch.Read((byte*)flow + Prefetch.LineBytes);
                if (packet.Protocol == IpProtocol.Tcp) Prefetch.Read(NumbersOf(flow));
                break;
            }

            packet.FlowHint = flow;
        }
    }

    /// <summary>Wishes for all of a flow that is to be looked at soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchFlow(int number)
    {
        if (number < 0) return;

        var flow = (byte*)At(number);
        Prefetch.Read(flow);
        Prefetch.Read(flow + Prefetch.LineBytes);
        if (_pagesOfTcp[number >> PageBits]) Prefetch.Read(NumbersOf((Flow*)flow));
    }

    /// <summary>The flow of a packet and the packet's direction in it (0 to the server), or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Flow* Find(in Packet packet, out int direction)
    {
        // What was freed since has a key that no packet has.
        var hint = (Flow*)packet.FlowHint;
        if (hint != null && IsOf(hint, in packet, out direction)) return hint;

        var flow = Search(in packet, out var found);
        direction = found;
        return flow;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Flow* Search(in Packet packet, out int direction)
    {
        var index = _index;
        var (mask, hash) = (_indexMask, packet.Hash);
        for (var at = (uint)(hash >> 32) & mask; index[at] is not 0 and var word; at = (at + 1) & mask)
        {
            if ((word ^ hash) >> 32 != 0) continue;

            var flow = At((int)(uint)word - 1);
            if (IsOf(flow, in packet, out direction)) return flow;
        }

        direction = -1;
        return null;
    }

    /// <summary>A new flow with the key of the packet, its sender as client. The table must not be full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Flow* Add(in Packet packet, out int number)
    {
        Debug.Assert(!IsFull);
        if (2 * (uint)(Count + 1) > _indexMask + 1) Grow();

        number = Take(packet.Protocol == IpProtocol.Tcp);
        var flow = At(number);
        SetKey(flow, in packet);
        Insert(_index, _indexMask, (packet.Hash & 0xffff_ffff_0000_0000) | (uint)(number + 1));
        Count++;
        return flow;
    }

    /// <summary>A blank flow with the packet's key, its sender as client.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SetKey(Flow* flow, in Packet packet)
    {
        *flow = default;
        if (packet.Protocol == IpProtocol.Tcp) *NumbersOf(flow) = default;
        var key = (byte*)flow;
        packet.EndsWord.Store(key);
        *(ulong*)(key + PathOffset) = packet.PathWord | (ulong)packet.Tunnel << PathTunnelShift;
        *(uint*)(key + KindOffset) = packet.KindWord & ~KindTunnelMask;
        *(uint*)(key + PortsOffset) = packet.PortsWord;
        flow->Hash = (uint)(packet.Hash >> 32);
        flow->WheelNext = -1;
    }

    /// <summary>Takes the flow out of the index and frees its place.</summary>
    public void Remove(int number)
    {
        var flow = At(number);
        var index = _index;
        var mask = _indexMask;
        var hole = flow->Hash & mask;
        while ((int)(uint)index[hole] - 1 != number) hole = (hole + 1) & mask;

        // Shift back what was pushed along by this one, so that no probe ends too early.
        for (var at = (hole + 1) & mask; index[at] is not 0 and var word; at = (at + 1) & mask)
        {
            if (((at - (uint)(word >> 32)) & mask) < ((at - hole) & mask)) continue;
            index[hole] = word;
            hole = at;
        }

        index[hole] = 0;
        flow->OuterVlan = NoVlan;
        ref var places = ref PlacesOf(_pagesOfTcp[number >> PageBits]);
        flow->WheelNext = places.Free;
        places.Free = number;
        Count--;
    }

    /// <summary>Makes every flow one that no targets have judged: epochs are few and begin again.</summary>
    public void ForgetEpochs()
    {
        for (var page = 0; page < _pagesUsed; page++)
        {
            var end = PlacesOf(_pagesOfTcp[page]) is var places && places.End == (page + 1) << PageBits
                ? places.Next
                : (page + 1) << PageBits;
            for (var number = page << PageBits; number < end; number++) At(number)->Epoch = 0;
        }
    }

    public void Dispose()
    {
        LargeMemory.Free(_index);
        _index = null;
        for (var page = 0; page < _pagesUsed; page++) LargeMemory.Free((void*)_pages[page]);
        _pagesUsed = _pagesOfNumbers = 0;
        GC.SuppressFinalize(this);
    }

    ~FlowTable() => Dispose();

    /// <summary>Whether the packet is the flow's, and which way it goes: 0 to the server.</summary>
    /// <remarks>Without a branch on the way, which cannot be foretold: the ports tell it, and the ends are compared in
    /// that order.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsOf(Flow* flow, in Packet packet, out int direction)
    {
        var key = (byte*)flow;
        var (flowPorts, ports) = (*(uint*)(key + PortsOffset), packet.PortsWord);
        var turned = BitOperations.RotateLeft(ports, 16);
        direction = flowPorts == ports ? 0 : 1;
        if (ports == turned) direction = DirectionByAddress(flow, in packet);

        ref var ends = ref Unsafe.As<Address, byte>(ref Unsafe.AsRef(in packet.Source));
        var turn = (nuint)(uint)(direction * Address.Size);
        var apart = (Vector128.LoadUnsafe(ref ends, turn) ^ Vector128.Load(key))
            | (Vector128.LoadUnsafe(ref ends, turn ^ Address.Size) ^ Vector128.Load(key + Address.Size));
        // In either direction: where both ports are the same one, they have not been compared yet.
        var portsApart = flowPorts ^ ports ^ ((ports ^ turned) & (uint)-direction);
        if (apart != Vector128<byte>.Zero || portsApart != 0) return false;

        // The path of a packet does not say of which kind its tunnel was, and some kinds have no number either: without
        // it, what came in IP or GRE would be of a flow that came in the open.
        var path = *(ulong*)(key + PathOffset) ^ (packet.PathWord | (ulong)packet.Tunnel << PathTunnelShift);
        return (path | (uint)(flow->Protocol ^ packet.Protocol)) == 0 || IsSamePath(flow, in packet);
    }

    /// <summary>Where both ports are the same one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int DirectionByAddress(Flow* flow, in Packet packet) => flow->Client == packet.Source ? 0 : 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsSamePath(Flow* flow, in Packet packet) =>
        flow->Protocol == packet.Protocol
        && flow->OuterVlan == packet.OuterVlan
        && flow->InnerVlan == packet.InnerVlan
        && flow->Tunnel == packet.Tunnel
        && (flow->TunnelId == packet.TunnelId || !IsApart(packet.Tunnel));

    /// <summary>Whether different ids mean different networks. A GTP-U end point, an MPLS label and the like differ by
    /// direction, and so cannot be part of what names a conversation.</summary>
    private bool IsApart(TunnelKind tunnel) =>
        _tunnelIdsApart && tunnel is (TunnelKind.Vxlan or TunnelKind.Geneve or TunnelKind.Gre or TunnelKind.Erspan);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Insert(ulong* index, uint mask, ulong word)
    {
        var at = (uint)(word >> 32) & mask;
        while (index[at] != 0) at = (at + 1) & mask;
        index[at] = word;
    }

    private ref FlowPlaces PlacesOf(bool isTcp) => ref _places[isTcp ? 1 : 0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Take(bool isTcp)
    {
        ref var places = ref PlacesOf(isTcp);
        return places.TryTake(this, out var number) ? number : TakeRare(isTcp);
    }

    /// <summary>From a new page, or, where there may be no more of them, from those of the others: what TCP needs
    /// besides is in every page, and costs nothing as long as none of its flows is there.</summary>
    private int TakeRare(bool isTcp)
    {
        ref var places = ref PlacesOf(isTcp);
        if (_pagesUsed < _pages.Length) AddPage(isTcp, ref places);
        else
        {
            places = ref PlacesOf(!isTcp);
            if (isTcp) _pagesOfNumbers = _pagesUsed;
        }

        var isTaken = places.TryTake(this, out var number);
        Debug.Assert(isTaken, "a place for each flow that may be");
        return number;
    }

    private void AddPage(bool isTcp, ref FlowPlaces places)
    {
        _pages[_pagesUsed] = (nint)LargeMemory.Allocate(PageBytes + NumbersBytes, PageBytes);
        _pagesOfTcp[_pagesUsed] = isTcp;
        (places.Next, places.End) = (_pagesUsed << PageBits, (_pagesUsed + 1) << PageBits);
        _pagesUsed++;
        if (isTcp) _pagesOfNumbers++;
    }

    /// <summary>Twice as many words, in place: what was paid for when it was first touched stays in use.</summary>
    /// <remarks>Each word goes to its new home or behind it. Taken in their order, none passes one that is still to be
    /// taken; those at the beginning, which may belong to the end, come last.</remarks>
    private void Grow()
    {
        var index = _index;
        var words = _indexMask + 1;
        LargeMemory.UseHugePages(index, (nuint)words * 2 * sizeof(ulong));
        if ((nuint)words * sizeof(ulong) == LargeMemory.HugePageBytes) LargeMemory.JoinFirstPages(index);
        LargeMemory.Populate(index + words, (nuint)words * sizeof(ulong));
        NativeMemory.Clear(index + words, (nuint)words * sizeof(ulong));
        _indexMask = 2 * words - 1;
        var first = 0u;
        while (index[first] != 0) first++;

        var wrapped = new ReadOnlySpan<ulong>(index, (int)first).ToArray();
        new Span<ulong>(index, (int)first).Clear();
        for (var at = first; at < words; at++)
        {
            var word = index[at];
            if (word == 0) continue;

            index[at] = 0;
            Insert(index, _indexMask, word);
        }

        foreach (var word in wrapped) Insert(index, _indexMask, word);
    }

    /// <summary>Places of one kind of pages: those that were given back, the last one first, and those behind that
    /// were never used.</summary>
    private struct FlowPlaces()
    {
        public int Free = -1;
        public int Next;
        public int End;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryTake(FlowTable table, out int number)
        {
            number = Free;
            if (number >= 0)
            {
                Free = table.At(number)->WheelNext;
                return true;
            }

            number = Next;
            if (number == End) return false;

            Next++;
            return true;
        }
    }
}
