using NetSniff.Packets;

namespace NetSniff.Protocols;

public enum Direction : byte { ToServer, ToClient }

public enum Verdict : byte
{
    /// <summary>Whatever follows, these bytes are not mine.</summary>
    No,

    /// <summary>So far they could be: show me more.</summary>
    Maybe,

    Yes,

    /// <summary>Mine, but said by the other side: a capture that began in the middle took the server for the client.
    /// </summary>
    YesReversed,
}

public enum Transport : byte { Datagram, Stream }

/// <param name="Name">The label of flows: `http`, `dns`. Unique per transport.</param>
/// <param name="Ports">Where it is usually found. A hint for weak signatures and the docs, never a condition.</param>
/// <param name="HeldBytesMax">Most bytes of one direction the stream keeps for the parser.</param>
/// <param name="About">One sentence for the docs.</param>
/// <param name="NeedsPort">The ports are part of the protocol: elsewhere nobody has to look.</param>
public sealed record ProtocolInfo(
    string Name, Transport Transport, ushort[] Ports, int HeldBytesMax, string About, bool NeedsPort = false);

/// <summary>What is known of a flow when its first bytes are shown.</summary>
/// <param name="IsFromStart">The capture has the connection from its beginning.</param>
/// <param name="IsBehind">Bytes that nobody claimed came before these: they are where a segment begins, which may be
/// anywhere.</param>
/// <param name="IsCut">Of a datagram the capture left out the end.</param>
public readonly record struct ProbeHints(
    ushort ClientPort, ushort ServerPort, bool IsFromStart, bool IsBehind = false, bool IsCut = false)
{
    public bool IsPort(ushort port) => ClientPort == port || ServerPort == port;
}

/// <summary>The static face of a protocol: what it is called and whether these bytes look like it.</summary>
public interface IProtocol
{
    static abstract ProtocolInfo Info { get; }

    /// <param name="bytes">What one direction has said so far, from its first byte seen.</param>
    static abstract Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints);

    /// <summary>Whether the protocol could say yes to bytes that begin so. Asked for every byte once, so that what
    /// cannot be is told without a call.</summary>
    static virtual bool MayBegin(byte first) => true;
}
