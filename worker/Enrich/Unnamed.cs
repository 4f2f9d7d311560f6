using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Enrich;

/// <summary>Reasons for having no name. Each is a peer, so that records carry it as they carry names.</summary>
internal static class Unnamed
{
    public static uint Loopback { get; } = Reason(PeerKind.Unknown, "loopback: whoever runs on the node itself");

    public static uint LinkLocal { get; } = Reason(PeerKind.Unknown, "link-local: it means nothing elsewhere");

    public static uint Multicast { get; } = Reason(PeerKind.Unknown, "multicast or broadcast: many at once");

    public static uint Unspecified { get; } = Reason(PeerKind.Unknown, "unspecified: it had no address yet");

    /// <summary>It is told of, but for other times.</summary>
    public static uint NotThen { get; } = Reason(PeerKind.Unknown, "nobody had this address at that time");

    public static uint BeforeHistory { get; } = Reason(PeerKind.Unknown, "before the time that names are known of");

    public static uint NotTold { get; } = Reason(PeerKind.Unknown, "nobody said whose address this is");

    public static uint External { get; } = Reason(PeerKind.External, "outside of our networks");

    public static uint Public { get; } = Reason(PeerKind.External, "a public address that nobody named");

    public const string NoPodsPortText = "host network: no pod of the node names this port";

    public const string SeveralPodsPortText = "host network: several pods of the node name this port";

    public static uint NoPodsPort { get; } = Reason(PeerKind.Unknown, NoPodsPortText);

    public static uint SeveralPodsPort { get; } = Reason(PeerKind.Unknown, SeveralPodsPortText);

    /// <summary>What the address itself says, or <see cref="Peers.Unnamed"/>.</summary>
    public static uint ByAddress(Address address)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        if (address.CopyTo(bytes) == 4)
        {
            return bytes[0] switch
            {
                127 => Loopback,
                >= 224 and < 240 => Multicast,
                255 when bytes[1] == 255 && bytes[2] == 255 && bytes[3] == 255 => Multicast,
                169 when bytes[1] == 254 => LinkLocal,
                0 => Unspecified,
                _ => Peers.Unnamed,
            };
        }

        if (bytes[0] == 0xFF) return Multicast;
        if (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) return LinkLocal;
        if (bytes[..15].ContainsAnyExcept((byte)0)) return Peers.Unnamed;
        return bytes[15] switch { 0 => Unspecified, 1 => Loopback, _ => Peers.Unnamed };
    }

    /// <summary>RFC 1918, RFC 6598, RFC 4193: nobody outside has such an address.</summary>
    public static bool IsPrivate(Address address)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        if (address.CopyTo(bytes) == Address.Size) return (bytes[0] & 0xFE) == 0xFC;

        return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xF0) == 16) || (bytes[0] == 192 && bytes[1] == 168)
            || (bytes[0] == 100 && (bytes[1] & 0xC0) == 64);
    }

    private static uint Reason(PeerKind kind, string why) => Peers.Add(new Peer { Kind = kind, Why = why });
}
