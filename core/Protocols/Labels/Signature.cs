using System.Collections;

namespace NetSniff.Protocols.Labels;

/// <summary>One line of the list: a protocol that is recognised and not read.</summary>
public sealed unsafe class Signature
{
    private Signature(
        Transport transport, string name, ushort[] ports, string starts,
        delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, bool> matches, string about)
    {
        Info = new(name, transport, ports, HeldBytesMax: 0, about);
        Starts = Bytes(starts);
        Matches = matches;
    }

    public ProtocolInfo Info { get; }

    /// <summary>Which bytes a payload of it can begin with.</summary>
    public BitArray Starts { get; }

    /// <summary>Whether these bytes, one payload or what one side has said so far, are surely its.</summary>
    public delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, bool> Matches { get; }

    /// <summary>What it carries has a name of its own, the better label when it is seen later in the same flow.
    /// </summary>
    public bool IsCarrier { get; private init; }

    /// <summary>What a parser reads of such a connection later, its TLS or what a proxy passes on, is still part of it.
    /// </summary>
    public bool KeepsName { get; private init; }

    /// <summary>The ports are part of the signature: elsewhere it is not asked.</summary>
    public bool NeedsPort { get; private init; }

    /// <summary>It begins with a whole line of printable text, and is not asked about anything else.</summary>
    public bool IsLine { get; private init; }

    /// <param name="starts">First bytes as a regular expression has them between brackets: `A-Z*`. A hyphen that means
    /// itself comes first.</param>
    internal static Signature Stream(
        string name, ushort[] ports, string starts,
        delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, bool> matches, string about,
        bool isCarrier = false, bool keepsName = false, bool needsPort = false) =>
        new(Transport.Stream, name, ports, starts, matches, about)
        {
            IsCarrier = isCarrier, KeepsName = keepsName, NeedsPort = needsPort,
        };

    internal static Signature Line(
        string name, ushort[] ports, string starts,
        delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, bool> matches, string about) =>
        new(Transport.Stream, name, ports, starts, matches, about) { IsLine = true };

    internal static Signature Datagram(
        string name, ushort[] ports, string starts,
        delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, bool> matches, string about,
        bool isCarrier = false, bool needsPort = false) =>
        new(Transport.Datagram, name, ports, starts, matches, about) { IsCarrier = isCarrier, NeedsPort = needsPort };

    private static BitArray Bytes(string starts)
    {
        var bytes = new BitArray(256);
        for (var index = 0; index < starts.Length; index++)
        {
            var first = starts[index];
            var last = first;
            if (index + 2 < starts.Length && starts[index + 1] == '-')
            {
                last = starts[index + 2];
                index += 2;
            }

            for (var value = (int)first; value <= last; value++) bytes[value] = true;
        }

        return bytes;
    }
}
