namespace NetSniff.Json;

/// <summary>IP protocol numbers by name (IANA); a number without one stays a number.</summary>
public static class IpProtocolNames
{
    private static readonly string[] s_numbers = [.. Enumerable.Range(0, 256).Select(number => $"{number}")];

    /// <summary>As Suricata spells them.</summary>
    public static string Eve(byte protocol) => protocol switch
    {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        41 => "IPv6",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "IPv6-ICMP",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        132 => "SCTP",
        _ => s_numbers[protocol],
    };

    /// <summary>Lower case, as filters and our own JSON have them.</summary>
    public static string Own(byte protocol) => protocol switch
    {
        1 => "icmp",
        2 => "igmp",
        4 => "ipip",
        6 => "tcp",
        17 => "udp",
        41 => "ipv6",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "icmpv6",
        89 => "ospf",
        103 => "pim",
        112 => "vrrp",
        132 => "sctp",
        136 => "udplite",
        _ => s_numbers[protocol],
    };
}
