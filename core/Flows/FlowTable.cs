using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>All live flows of one shard: an open-addressing index of words over pages of <see cref="Flow"/>.</summary>
/// <remarks>An index word is the hash's upper half and the flow's number plus one. The half names the word's home too,
/// so neither a probe that fails, nor growing, nor what moves up when a flow goes costs a flow's cache line. Linear
/// probing, deletion by shifting back (no tombstones), load at most a half. Grows by doubling up to the bound; pages
/// are allocated as they are first used.</remarks>
public sealed unsafe class FlowTable : IDisposable
{
    // 6 MiB: three huge pages.
    private const int PageBits = 15;
    private const int PageFlows = 1 << PageBits;
    private const int FlowsMaxStep = 4096;
    private const int IndexBitsMin = 12;

    private readonly bool _tunnelIdsApart;
    private readonly nint[] _pages;
    private int _pagesUsed;
    private int _flowsTouched;
    private int _free = -1;
    private ulong* _index;
    private int _indexBits = IndexBitsMin;

    /// <param name="flowsMax">Bound on live flows; rounded up to a multiple of 4096.</param>
    /// <param name="tunnelIdsApart">Same addresses in different VXLAN, Geneve, GRE or ERSPAN networks are different
    /// flows.</param>
    public FlowTable(int flowsMax, bool tunnelIdsApart = true)
    {
        _tunnelIdsApart = tunnelIdsApart;
        FlowsMax = Math.Max(FlowsMaxStep, (flowsMax + FlowsMaxStep - 1) & ~(FlowsMaxStep - 1));
        _pages = new nint[(FlowsMax + PageFlows - 1) >> PageBits];
        _index = AllocateIndex(_indexBits);
    }

    public int FlowsMax { get; }

    public int Count { get; private set; }

    public bool IsFull => Count >= FlowsMax;

    public long BytesAllocated => ((long)_pagesUsed << PageBits) * Flow.Size + (8L << _indexBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Flow* At(int flow) => (Flow*)_pages[flow >> PageBits] + (flow & (PageFlows - 1));

    /// <summary>First of two wishes: the index word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchIndex(ulong hash) => Prefetch.Read(_index + Home(hash));

    /// <summary>Second wish, when the index word has come: the flow it names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchFlow(in Packet packet)
    {
        var word = _index[Home(packet.Hash)];
        if (word == 0 || (word ^ packet.Hash) >> 32 != 0) return;

        var flow = (byte*)At((int)(uint)word - 1);
        Prefetch.Read(flow);
        Prefetch.Read(flow + Prefetch.LineBytes);
        if (packet.Protocol == IpProtocol.Tcp) Prefetch.Read(flow + 2 * Prefetch.LineBytes);
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
    public Flow* Find(in Packet packet, out int number, out int direction)
    {
        var mask = (1 << _indexBits) - 1;
        for (var at = Home(packet.Hash); ; at = (at + 1) & mask)
        {
            var word = _index[at];
            if (word == 0) break;
            if ((word ^ packet.Hash) >> 32 != 0) continue;

            number = (int)(uint)word - 1;
            var flow = At(number);
            direction = Match(flow, packet);
            if (direction >= 0) return flow;
        }

        number = direction = -1;
        return null;
    }

    /// <summary>A new flow with the key of the packet, its sender as client. The table must not be full.</summary>
    public Flow* Add(in Packet packet, out int number)
    {
        Debug.Assert(!IsFull);
        if (2 * (Count + 1) > 1 << _indexBits) Grow();

        number = Take();
        var flow = At(number);
        SetKey(flow, in packet);
        Insert(packet.Hash, number);
        Count++;
        return flow;
    }

    /// <summary>A blank flow with the packet's key, its sender as client.</summary>
    public static void SetKey(Flow* flow, in Packet packet)
    {
        *flow = default;
        flow->Client = packet.Source;
        flow->Server = packet.Target;
        flow->ClientPort = packet.SourcePort;
        flow->ServerPort = packet.TargetPort;
        flow->OuterVlan = packet.OuterVlan;
        flow->InnerVlan = packet.InnerVlan;
        flow->TunnelId = packet.TunnelId;
        flow->Tunnel = packet.Tunnel;
        flow->Protocol = packet.Protocol;
        flow->Interface = packet.Interface;
        flow->Hash = (uint)(packet.Hash >> 32);
        flow->WheelNext = -1;
    }

    /// <summary>Takes the flow out of the index and frees its place.</summary>
    public void Remove(int number)
    {
        var flow = At(number);
        var mask = (1 << _indexBits) - 1;
        var at = Home((ulong)flow->Hash << 32);
        while ((int)(uint)_index[at] - 1 != number) at = (at + 1) & mask;

        // Shift back what was pushed along by this one, so that no probe ends too early.
        var hole = at;
        for (at = (at + 1) & mask; _index[at] != 0; at = (at + 1) & mask)
        {
            var home = Home(_index[at]);
            if (((at - home) & mask) < ((at - hole) & mask)) continue;
            _index[hole] = _index[at];
            hole = at;
        }

        _index[hole] = 0;
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

    /// <summary>0 when the packet goes to the server, 1 when to the client, -1 when it is another flow's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Match(Flow* flow, in Packet packet)
    {
        if (flow->Protocol != packet.Protocol
            || flow->OuterVlan != packet.OuterVlan
            || flow->InnerVlan != packet.InnerVlan
            || flow->Tunnel != packet.Tunnel
            || (flow->TunnelId != packet.TunnelId && IsApart(packet.Tunnel)))
        {
            return -1;
        }

        if (flow->ClientPort == packet.SourcePort && flow->ServerPort == packet.TargetPort
            && flow->Client == packet.Source && flow->Server == packet.Target)
        {
            return 0;
        }

        return flow->ClientPort == packet.TargetPort && flow->ServerPort == packet.SourcePort
            && flow->Client == packet.Target && flow->Server == packet.Source
                ? 1
                : -1;
    }

    /// <summary>Whether different ids mean different networks. A GTP-U end point, an MPLS label and the like differ by
    /// direction, and so cannot be part of what names a conversation.</summary>
    private bool IsApart(TunnelKind tunnel) =>
        _tunnelIdsApart && tunnel is (TunnelKind.Vxlan or TunnelKind.Geneve or TunnelKind.Gre or TunnelKind.Erspan);

    /// <summary>Where a hash, or the index word that keeps its upper half, belongs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(ulong hash) => (int)((uint)(hash >> 32) & ((1u << _indexBits) - 1));

    private void Insert(ulong hash, int number)
    {
        var mask = (1 << _indexBits) - 1;
        var at = Home(hash);
        while (_index[at] != 0) at = (at + 1) & mask;
        _index[at] = (hash & 0xffff_ffff_0000_0000) | (uint)(number + 1);
    }

    private int Take()
    {
        if (_free >= 0)
        {
            var number = _free;
            _free = At(number)->WheelNext;
            return number;
        }

        if (_flowsTouched >> PageBits == _pagesUsed)
        {
            _pages[_pagesUsed++] = (nint)LargeMemory.Allocate(PageFlows * Flow.Size);
        }

        return _flowsTouched++;
    }

    private void Grow()
    {
        var old = _index;
        var oldSize = 1 << _indexBits;
        _indexBits++;
        _index = AllocateIndex(_indexBits);
        for (var at = 0; at < oldSize; at++)
        {
            if (old[at] != 0) Insert(old[at], (int)(uint)old[at] - 1);
        }

        LargeMemory.Free(old);
    }

    private static ulong* AllocateIndex(int bits)
    {
        Debug.Assert(BitOperations.IsPow2(1 << bits));
        var bytes = (nuint)8 << bits;
        var index = LargeMemory.Allocate(bytes);
        NativeMemory.Clear(index, bytes);
        return (ulong*)index;
    }
}
