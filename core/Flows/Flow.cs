using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Flows;

/// <summary>What becomes of a flow's payload.</summary>
public enum FlowMode : byte
{
    /// <summary>Nothing of its payload was seen yet, or too little to tell.</summary>
    New,

    /// <summary>A parser reads it.</summary>
    Parsing,

    /// <summary>Counted, and nothing else.</summary>
    Opaque,

    /// <summary>Of no target any more: it was told of, and what comes now is not even counted. It keeps its place until
    /// it would have been idle for too long.</summary>
    LeftOut,
}

/// <summary>How payload of a flow came not to be read, though it would have been.</summary>
public enum FlowUnread : byte { No, SampledOut, HeadersOnly, FlowsOnly }

[Flags]
public enum FlowTraits : ushort
{
    None = 0,
    SawSyn = 1,

    /// <summary>Of datagrams, which have no SYN: a load balancer puts its own words before them.</summary>
    ProxiedDatagrams = SawSyn,
    SawSynAck = 2,
    HasRtt = 4,
    SynRepeated = 8,

    /// <summary>Sequence numbers of the direction are known.</summary>
    SequencedToServer = 16,
    SequencedToClient = 32,
    FinToServer = 64,
    FinToClient = 128,
    Midstream = 256,

    /// <summary>Over: kept a little longer only so that stray packets are counted with it.</summary>
    Closed = 512,
    WasReset = 1024,
    AckedToServer = 2048,
    AckedToClient = 4096,

    /// <summary>A parser took the client for the server (<see cref="Protocols.Verdict.YesReversed"/>).</summary>
    Reversed = 8192,

    /// <summary>Both together are a number: the deepest rung at which payload of the flow was left unread
    /// (<see cref="FlowUnread"/>).</summary>
    UnreadLow = 16384,
    UnreadHigh = 32768,
}

/// <summary>One conversation: two cache lines, the first of which every lookup needs. Those of TCP have a third
/// (<see cref="TcpNumbers"/>).</summary>
/// <remarks>Arrays of two are indexed by direction: 0 to the server, 1 to the client. Lives in native memory, in a page
/// of a <see cref="FlowTable"/>, and is never moved; nobody keeps a pointer past the packet.</remarks>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe struct Flow
{
    public const int Size = 128;

    /// <summary>With what only TCP needs.</summary>
    public const int SizeMax = Size + TcpNumbers.Size;

    // First line: the key, nearly as it lies in a packet to the server, and what each packet changes.
    public Address Client;
    public Address Server;
    public ushort OuterVlan;

    /// <summary>VLAN in the lower twelve bits, <see cref="TunnelKind"/> in the others.</summary>
    internal ushort InnerVlanAndTunnel;
    public uint TunnelId;
    public byte Protocol;

    /// <summary>Payloads shown to probes so far.</summary>
    public byte Tries;
    public ushort Interface;
    public ushort ClientPort;
    public ushort ServerPort;

    /// <summary>TCP: number of the conversation, plus one. Otherwise the datagram parser's own word.</summary>
    public uint Slot;

    /// <summary>Upper half of the key's hash: where the flow's word in the index is.</summary>
    public uint Hash;
    public long LastNanos;

    // Second line: counts.
    public fixed ulong Bytes[2];
    public fixed ulong Payload[2];
    public fixed uint Packets[2];
    public long FirstNanos;
    private uint _idLow;

    /// <summary>Next flow in the same bucket of the wheel, or -1. In a free flow: the next free one.</summary>
    public int WheelNext;
    private ushort _idHigh;
    public ushort App;
    public FlowTraits Traits;

    /// <summary>Mode in the lower two bits, parser in the others.</summary>
    private byte _reading;

    /// <summary>Of the targets by which it was last found wanted.</summary>
    public byte Epoch;

    /// <summary>Number of the flow among those of its shard, 48 bits.</summary>
    public ulong Id
    {
        readonly get => _idLow | (ulong)_idHigh << 32;
        set => (_idLow, _idHigh) = ((uint)value, (ushort)(value >> 32));
    }

    public readonly ushort InnerVlan => (ushort)(InnerVlanAndTunnel & VlanMask);

    public readonly TunnelKind Tunnel => (TunnelKind)(InnerVlanAndTunnel >> TunnelShift);

    /// <summary>What only a flow of TCP has.</summary>
    /// <remarks>Found by the flow's own address: of a copy outside a table's pages it must not be asked.</remarks>
    internal readonly TcpNumbers* Tcp
    {
        get
        {
            Debug.Assert(Protocol == IpProtocol.Tcp, "no numbers");
            return FlowTable.NumbersOf((Flow*)Unsafe.AsPointer(ref Unsafe.AsRef(in this)));
        }
    }

    /// <summary>Of TCP.</summary>
    public readonly TcpState State => Tcp->State;

    /// <summary>Of TCP: what comes next in either direction.</summary>
    public readonly uint* NextSequence => Tcp->NextSequence;

    /// <summary>Of TCP.</summary>
    public readonly uint* LastAck => Tcp->LastAck;

    /// <summary>Of TCP: holes left in the bytes.</summary>
    public readonly byte* Gaps => Tcp->Gaps;

    public FlowMode Mode
    {
        readonly get => (FlowMode)(_reading & ModeMask);
        set => _reading = (byte)((_reading & ~ModeMask) | (int)value);
    }

    /// <summary>Which line of the protocol list reads it, of 64, where <see cref="Mode"/> is Parsing.</summary>
    public byte Parser
    {
        readonly get => (byte)(_reading >> ParserShift);
        set => _reading = (byte)((_reading & ModeMask) | (value << ParserShift));
    }

    internal const int TunnelShift = 12;
    private const int VlanMask = (1 << TunnelShift) - 1;
    private const int ModeMask = 3, ParserShift = 2;

    public readonly bool Is(FlowTraits trait) => (Traits & trait) != 0;

    public readonly FlowUnread Unread => (FlowUnread)((int)Traits >> UnreadShift);

    private const int UnreadShift = 14;

    /// <summary>Payload was left unread. The least that was done stays.</summary>
    public void LeaveUnread(FlowUnread how)
    {
        if (how <= Unread) return;
        Traits = (Traits & ~(FlowTraits.UnreadLow | FlowTraits.UnreadHigh)) | (FlowTraits)((int)how << UnreadShift);
    }
}

/// <summary>The third line of a flow of TCP: its numbers and health. Flows of other protocols have none.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal unsafe struct TcpNumbers
{
    public const int Size = 64;

    public fixed uint NextSequence[2];
    public fixed uint LastAck[2];
    public fixed uint Retransmitted[2];
    public fixed uint OutOfOrder[2];
    public fixed uint HoleStart[2];
    public fixed uint HoleEnd[2];
    public fixed ushort ZeroWindows[2];
    public uint RttMicros;
    public fixed byte Flags[2];
    public fixed byte Gaps[2];
    public TcpState State;
}
