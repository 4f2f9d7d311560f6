using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Records;

[Flags]
public enum RecordTraits : ushort
{
    None = 0,

    /// <summary>Something of the exchange was not seen: it began before the capture, lost bytes, or was cut by a limit.
    /// </summary>
    Partial = 1,

    /// <summary>The peer broke the protocol's rules; the fields say as much as could be read.</summary>
    Malformed = 2,
}

/// <summary>Stands before every record in the arena: whose it is and when. Client and server as the record's protocol
/// sees them.</summary>
/// <remarks>
/// Behind it is the body, laid out by the <see cref="RecordSchema"/> of its kind: every field has its cell, at the
/// same place in all records of a kind, so that whoever asks for one finds it at once, and whoever turns records into
/// columns goes down a column.
/// <code>
/// body := cell* octets
/// </code>
/// A cell is a number, duration, time or flag (8 bytes), an address (16) or a <see cref="TextCell"/> that says where
/// among the octets a text or list lies; fields that are not there have zeros. All of it together is a multiple of
/// eight bytes and at most <see cref="RecordWriter.BytesMax"/>.</remarks>
[StructLayout(LayoutKind.Sequential)]
public struct RecordHeader
{
    /// <summary>Bytes of header and body, a multiple of 8.</summary>
    public int Length;

    /// <summary>Index in <see cref="RecordKinds"/>.</summary>
    public ushort Kind;
    public RecordTraits Traits;
    public long TimeNanos;
    public ulong FlowId;
    public Address Client;
    public Address Server;
    public ushort ClientPort;
    public ushort ServerPort;
    public ushort OuterVlan;
    public ushort InnerVlan;
    public uint TunnelId;

    /// <summary>Where it was seen: a place in <see cref="Origins"/> in a worker and behind it, the capture's own number
    /// of the interface before; an <see cref="OriginBook"/> knows which.</summary>
    public ushort Interface;

    /// <summary>Index in <see cref="NetSniff.Protocols.Apps"/>: what the flow speaks.</summary>
    public ushort App;
    public byte Protocol;
    public TunnelKind Tunnel;

    /// <summary>Zeros, so that the same record is the same bytes.</summary>
    internal ushort Unused;

    /// <summary>Who the ends are, as numbers in <see cref="Peers"/>; 0 where nobody looked.</summary>
    public uint ClientPeer;
    public uint ServerPeer;

    /// <summary>As <see cref="Unused"/>.</summary>
    internal uint UnusedToo;

    /// <summary>Which of the fields are there, bit by bit in the order of the description.</summary>
    public ulong Present;
}

/// <summary>Where in a body a text, octets or a list are.</summary>
/// <param name="Start">From the beginning of the cell, bytes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Count">Texts or numbers of a list.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TextCell(ushort Start, ushort Length, int Count);
