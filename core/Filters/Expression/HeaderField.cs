using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Fields every record has, kept in its header.</summary>
internal enum HeaderField : byte
{
    None, Kind, App, Time, SourceIp, TargetIp, Ip, SourcePort, TargetPort, Port, Proto, Vlan, Tunnel, TunnelId, FlowId,
    Partial, Malformed,

    /// <summary>Texts that the header has numbers for; from here on.</summary>
    Node, Interface, Peer,
}

internal static class HeaderFields
{
    // RFC 4340: DCCP has ports where TCP has them.
    private const byte Dccp = 33;

    private static readonly NameTable s_protocols = new(
        ("icmp", IpProtocol.Icmp), ("igmp", IpProtocol.Igmp), ("ipip", IpProtocol.IpInIp), ("tcp", IpProtocol.Tcp),
        ("udp", IpProtocol.Udp), ("dccp", Dccp), ("ipv6", IpProtocol.Ipv6), ("gre", IpProtocol.Gre),
        ("esp", IpProtocol.Esp), ("ah", IpProtocol.Ah), ("icmp6", IpProtocol.Icmpv6), ("icmpv6", IpProtocol.Icmpv6),
        ("sctp", IpProtocol.Sctp), ("udplite", IpProtocol.UdpLite));

    private static readonly NameTable s_tunnels = new([.. Enum.GetValues<TunnelKind>()
        .Where(tunnel => tunnel != TunnelKind.None)
        .Select(tunnel => (Enum.GetName(tunnel)!.ToLowerInvariant(), (ulong)tunnel))]);

    /// <param name="kinds">Names of the record kinds.</param>
    /// <param name="apps">Names of what flows speak, where somebody knows them.</param>
    public static CatalogField[] All(NamedValues kinds, NamedValues apps) =>
    [
        New(HeaderField.Kind, "kind", FieldKind.Number, "What the record is: flow, http …", "kind == flow")
            with { Names = kinds, IsNamesOnly = true },
        New(HeaderField.App, "app", FieldKind.Number, "What the flow speaks, once recognised", "app == http")
            with { Names = apps, IsNamesOnly = true },
        New(HeaderField.Time, "time", FieldKind.Time, "When the exchange began", "time >= 2026-01-31T09:00:00Z"),
        New(HeaderField.SourceIp, "src.ip", FieldKind.Address, "The client's address", "src.ip in 10.0.0.0/8"),
        New(HeaderField.TargetIp, "dst.ip", FieldKind.Address, "The server's address", "dst.ip == 2001:db8::1"),
        New(HeaderField.Ip, "ip", FieldKind.Address, "Either end's address", "ip == 192.0.2.7"),
        New(HeaderField.SourcePort, "src.port", FieldKind.Number, "The client's port", "src.port >= 49152"),
        New(HeaderField.TargetPort, "dst.port", FieldKind.Number, "The server's port", "dst.port in (80, 443)"),
        New(HeaderField.Port, "port", FieldKind.Numbers, "Either end's port", "port == 53"),
        New(HeaderField.Proto, "proto", FieldKind.Number, "Transport protocol, by name or IANA number", "proto == udp")
            with { Names = s_protocols },
        New(HeaderField.Vlan, "vlan", FieldKind.Numbers, "VLAN tags, outer and inner", "vlan == 120"),
        New(HeaderField.Tunnel, "tunnel", FieldKind.Number, "What carried the packets, if a tunnel did",
            "tunnel == vxlan") with { Names = s_tunnels, IsNamesOnly = true },
        New(HeaderField.TunnelId, "tunnel.id", FieldKind.Number, "VXLAN or Geneve network, GRE key, GTP-U end point",
            "tunnel.id == 4096"),
        New(HeaderField.FlowId, "flow.id", FieldKind.Number, "Number of the flow, the same in all its records",
            "flow.id == 0x1f"),
        New(HeaderField.Node, "node", FieldKind.Text, "The node whose sensor saw it", "node == node-1"),
        New(HeaderField.Interface, "interface", FieldKind.Text,
            "The interface it was seen at, by name; by number where a file names none", "interface == eth0"),
        New(HeaderField.Partial, "partial", FieldKind.Flag, "Something of the exchange was not seen", "!partial"),
        New(HeaderField.Malformed, "malformed", FieldKind.Flag, "The peer broke the protocol's rules", "malformed"),
        .. PeerField.All(),
    ];

    public static bool Has(HeaderField field, in RecordHeader header) =>
        field is HeaderField.SourceIp or HeaderField.TargetIp or HeaderField.Ip
        || Numbers(field, in header, out _, out _) > 0;

    /// <summary>The values of a field that is not an address: none, one, or those of both ends.</summary>
    public static int Numbers(HeaderField field, in RecordHeader header, out ulong first, out ulong second)
    {
        second = 0;
        switch (field)
        {
            case HeaderField.Kind: first = header.Kind; return 1;
            case HeaderField.App: first = header.App; return first == 0 ? 0 : 1;
            case HeaderField.Time: first = (ulong)header.TimeNanos ^ ScalarRanges.SignFlip; return 1;
            case HeaderField.SourcePort: first = header.ClientPort; return HasPorts(in header) ? 1 : 0;
            case HeaderField.TargetPort: first = header.ServerPort; return HasPorts(in header) ? 1 : 0;
            case HeaderField.Port:
                (first, second) = (header.ClientPort, header.ServerPort);
                return HasPorts(in header) ? 2 : 0;
            case HeaderField.Proto: first = header.Protocol; return 1;
            case HeaderField.Vlan:
                (first, second) = (header.OuterVlan, header.InnerVlan);
                return first == 0 ? 0 : second == 0 ? 1 : 2;
            case HeaderField.Tunnel: first = (ulong)header.Tunnel; return first == 0 ? 0 : 1;
            case HeaderField.TunnelId: first = header.TunnelId; return header.Tunnel == TunnelKind.None ? 0 : 1;
            case HeaderField.FlowId: first = header.FlowId; return 1;
            case HeaderField.Partial: first = (header.Traits & RecordTraits.Partial) != 0 ? 1u : 0u; return 1;
            case HeaderField.Malformed: first = (header.Traits & RecordTraits.Malformed) != 0 ? 1u : 0u; return 1;
            default: first = 0; return 0;
        }
    }

    // ICMP keeps its type and code where others keep ports: asking for port 8 must not find a ping.
    private static bool HasPorts(in RecordHeader header) => header.Protocol
        is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.UdpLite or Dccp;

    private static CatalogField New(HeaderField header, string name, FieldKind kind, string about, string example) =>
        new(name, kind, null, about, example) { Header = header };
}
