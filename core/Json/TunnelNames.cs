using NetSniff.Packets;

namespace NetSniff.Json;

/// <summary>What tunnels are called in every output.</summary>
public static class TunnelNames
{
    public static string Of(TunnelKind kind) => kind switch
    {
        TunnelKind.None => "",
        TunnelKind.Gre => "gre",
        TunnelKind.IpInIp => "ipinip",
        TunnelKind.Vxlan => "vxlan",
        TunnelKind.Geneve => "geneve",
        TunnelKind.GtpU => "gtpu",
        TunnelKind.Erspan => "erspan",
        TunnelKind.Teredo => "teredo",
        TunnelKind.Mpls => "mpls",
        TunnelKind.L2tp => "l2tp",
        TunnelKind.Capwap => "capwap",
        _ => "unknown",
    };
}
