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
/// place; pages are allocated as they are first used.</remarks>
public sealed unsafe class FlowTable : IDisposable
{
    // 6 MiB: three huge pages.
    private const int PageBits = 15;
    private const int PageFlows = 1 << PageBits;
    private const int FlowsMaxStep = 4096;
    private const int IndexBitsMin = 12;

    // The key behind the two ends, in words as a packet has it.
    private const int PathOffset = 32, KindOffset = 40, PortsOffset = 44;

    /// <summary>Of no packet: the kind of a flow whose place is free.</summary>
    private const TunnelKind NoTunnel = (TunnelKind)0xff;

    private readonly bool _tunnelIdsApart;
    private readonly nint[] _pages;
    private int _pagesUsed;
    private int _flowsTouched;
    private int _free = -1;
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
        // All that it may grow to; memory is only what is touched.
        var wordsMax = BitOperations.RoundUpToPowerOf2(2 * (uint)FlowsMax);
        _index = (ulong*)LargeMemory.Reserve((nuint)wordsMax * sizeof(ulong));
        NativeMemory.Clear(_index, (nuint)(_indexMask + 1) * sizeof(ulong));
    }

    public int FlowsMax { get; }

    public int Count { get; private set; }

    public bool IsFull => Count >= FlowsMax;

    public long BytesAllocated => ((long)_pagesUsed << PageBits) * Flow.Size + 8L * (_indexMask + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Flow* At(int flow) => (Flow*)_pages[flow >> PageBits] + (flow & (PageFlows - 1));

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
                if (packet.Protocol == IpProtocol.Tcp) Prefetch.Read((byte*)flow + 2 * Prefetch.LineBytes);
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
        Prefetch.Read(flow + 2 * Prefetch.LineBytes);
    }

    /// <summary>The flow of a packet and the packet's direction in it (0 to the server), or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Flow* Find(in Packet packet, out int direction)
    {
        // What was freed since has a key that no packet has.
        var hint = (Flow*)packet.FlowHint;
        return hint != null && IsOf(hint, in packet, out direction) ? hint : Search(in packet, out direction);
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

        number = Take();
        var flow = At(number);
        SetKey(flow, in packet);
        Insert(_index, _indexMask, (packet.Hash & 0xffff_ffff_0000_0000) | (uint)(number + 1));
        Count++;
        return flow;
    }

    /// <summary>A blank flow with the packet's key, its sender as client.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetKey(Flow* flow, in Packet packet)
    {
        *flow = default;
        var key = (byte*)flow;
        packet.EndsWord.Store(key);
        *(ulong*)(key + PathOffset) = packet.PathWord;
        *(uint*)(key + KindOffset) = packet.KindWord;
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
        flow->Tunnel = NoTunnel;
        flow->WheelNext = _free;
        _free = number;
        Count--;
    }

    /// <summary>Makes every flow one that no targets have judged: epochs are few and begin again.</summary>
    public void ForgetEpochs()
    {
        for (var number = 0; number < _flowsTouched; number++) At(number)->Epoch = 0;
    }

    public void Dispose()
    {
        LargeMemory.Free(_index);
        _index = null;
        for (var page = 0; page < _pagesUsed; page++) LargeMemory.Free((void*)_pages[page]);
        _pagesUsed = 0;
        GC.SuppressFinalize(this);
    }

    ~FlowTable() => Dispose();

    /// <summary>Whether the packet is the flow's, and which way it goes: 0 to the server.</summary>
    /// <remarks>Both ways are compared at once: which of them it is cannot be foretold.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsOf(Flow* flow, in Packet packet, out int direction)
    {
        var key = (byte*)flow;
        var ends = Vector256.Load(key);
        var there = packet.EndsWord;
        var back = Vector256.Shuffle(there.AsUInt64(), Vector256.Create(2ul, 3, 0, 1)).AsByte();
        var (flowPorts, ports) = (*(uint*)(key + PortsOffset), packet.PortsWord);
        var isThere = (ends ^ there) == Vector256<byte>.Zero & (flowPorts == ports);
        var isBack = (ends ^ back) == Vector256<byte>.Zero & (flowPorts == BitOperations.RotateLeft(ports, 16));
        direction = isThere ? 0 : 1;

        // The interface, in the upper half of the kind, is where the flow was seen first and no part of its key.
        var path = *(ulong*)(key + PathOffset) ^ packet.PathWord;
        var kind = (*(uint*)(key + KindOffset) ^ packet.KindWord) << 16;
        return (isThere | isBack) && ((path | kind) == 0 || IsSamePath(flow, in packet));
    }

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Take()
    {
        if (_free >= 0)
        {
            var number = _free;
            _free = At(number)->WheelNext;
            return number;
        }

        if (_flowsTouched >> PageBits == _pagesUsed) AddPage();
        return _flowsTouched++;
    }

    private void AddPage() => _pages[_pagesUsed++] = (nint)LargeMemory.Allocate(PageFlows * Flow.Size);

    /// <summary>Twice as many words, in place: what was paid for when it was first touched stays in use.</summary>
    /// <remarks>Each word goes to its new home or behind it. Taken in their order, none passes one that is still to be
    /// taken; those at the beginning, which may belong to the end, come last.</remarks>
    private void Grow()
    {
        var index = _index;
        var words = _indexMask + 1;
        LargeMemory.UseHugePages(index, (nuint)words * 2 * sizeof(ulong));
        if ((nuint)words * sizeof(ulong) == LargeMemory.HugePageBytes) LargeMemory.JoinFirstPages(index);
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
}
