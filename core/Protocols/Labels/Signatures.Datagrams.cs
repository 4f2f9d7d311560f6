namespace NetSniff.Protocols.Labels;

public static unsafe partial class Signatures
{
    public static IReadOnlyList<Signature> Datagrams { get; } =
    [
        Signature.Datagram("snmp", [161, 162], "0", &Network.IsSnmp, "Devices are asked and tell."),
        Signature.Datagram("ldap", [389], "0", &Directory.IsLdap, "Directories, asked without a connection."),
        Signature.Datagram("krb5", [88], KerberosTags, &Directory.IsKerberosUdp, "Kerberos tickets."),
        Signature.Datagram("dhcp", [67, 68], "\u0001\u0002", &Network.IsDhcp, "Addresses are given out."),
        Signature.Datagram(
            "dhcpv6", [546, 547], "\u0001-\u0024", &Network.IsDhcpv6,
            "IPv6 addresses are given out.", needsPort: true),
        Signature.Datagram("ssdp", [1900], "MNH", &Network.IsSsdp, "Devices of the house find each other."),
        Signature.Datagram(
            "wsd", [3702], "<", &Network.IsWsd, "Devices of the office find each other.", needsPort: true),
        Signature.Datagram("nbns", [137], Any, &Windows.IsNbns, "NetBIOS names."),
        Signature.Datagram(
            "smb", [138], "\u0010-\u0016", &Windows.IsSmbDatagram,
            "Windows browses the neighbourhood.", needsPort: true),
        Signature.Datagram(
            "nbdgm", [138], "\u0010-\u0016", &Windows.IsNetbiosDatagram, "NetBIOS datagrams.", needsPort: true),
        Signature.Datagram("radius", [1812, 1813], "\u0001-\u002D", &Directory.IsRadius, "Who may use the network."),
        Signature.Datagram(
            "stun", [3478], "\0-\u004F", &Media.IsStun, "Ways through NAT, and relays.", isCarrier: true),
        Signature.Datagram("rtcp", [5005], RtpVersion, &Media.IsRtcp, "How calls are received."),
        Signature.Datagram("sip", [5060], "A-Z", &Voice.IsSip, "Calls are arranged."),
        Signature.Datagram("mgcp", [2427, 2727], "A-Z" + Digit, &Voice.IsMgcp, "Media gateways are controlled."),
        Signature.Datagram(
            "h323", [1719, 1718], Any, &Voice.IsH323Registration,
            "Telephones sign on with their gatekeeper.", needsPort: true),
        Signature.Datagram("iax", [4569], "\u0080-\u00FF", &Voice.IsIax, "Asterisk to Asterisk."),
        Signature.Datagram("wireguard", [51820], "\u0001-\u0004", &Tunnels.IsWireguard, "WireGuard."),
        Signature.Datagram("openvpn", [1194], "\u0008\u0010\u0038\u0040\u0050", &Tunnels.IsOpenvpn, "OpenVPN."),
        Signature.Datagram("ike", [500, 4500], Any, &Tunnels.IsIke, "IPsec keys are agreed."),
        Signature.Datagram("esp", [4500], Any, &Tunnels.IsEsp, "IPsec through NAT.", needsPort: true),
        Signature.Datagram("l2tp", [1701], "\u00C8", &Tunnels.IsL2tp, "L2TP's control.", needsPort: true),
        Signature.Datagram(
            "gtp", [2123, 2152, 3386], "\0-\u005F", &Tunnels.IsGtp,
            "Mobile networks, between gateways.", needsPort: true),
        Signature.Datagram(
            "vxlan", [4789, 8472], "\u0008-\u00FF", &Tunnels.IsVxlan,
            "Ethernet over UDP, its inside not read.", needsPort: true),
        Signature.Datagram(
            "geneve", [6081], "\0-\u003F", &Tunnels.IsGeneve,
            "Ethernet over UDP, its inside not read.", needsPort: true),
        Signature.Datagram(
            "teredo", [3544], "\0\u0060-\u006F", &Tunnels.IsTeredo, "IPv6 through NAT.", needsPort: true),
        Signature.Datagram(
            "lisp", [4342, 4341], Any, &Tunnels.IsLisp, "Locators apart from identities.", needsPort: true),
        Signature.Datagram("syslog", [514], "<", &Network.IsSyslog, "System logs."),
        Signature.Datagram("tftp", [69], "\0", &Files.IsTftp, "Trivial file transfer."),
        Signature.Datagram("nfs", [2049], Any, &Windows.IsNfsUdp, "Sun's network file system, and its helpers."),
        Signature.Datagram("rpc", [111], Any, &Windows.IsRpcUdp, "Sun's remote procedure calls.", isCarrier: true),
        Signature.Datagram(
            "dcerpc", [34964], "\u0004", &Windows.IsDcerpcUdp, "DCE's remote procedure calls, PROFINET's among them."),
        Signature.Datagram("bittorrent-dht", [6881], "d", &Peer.IsDht, "Peers look for peers."),
        Signature.Datagram("bittorrent", [6881], "\0\u0001-AB", &Peer.IsBittorrentUdp, "Files from peers."),
        Signature.Datagram("netflow", [2055, 4739], "\0", &Network.IsNetflow, "Flow records, NetFlow and IPFIX."),
        Signature.Datagram("sflow", [6343], "\0", &Network.IsSflow, "Sampled packets and counters.", needsPort: true),
        Signature.Datagram(
            "bfd", [3784, 4784, 3785, 7784], Any, &Network.IsBfd, "Is the neighbour still there?", needsPort: true),
        Signature.Datagram("rip", [520], "\u0001-\u0006", &Network.IsRip, "Routes in small networks.", needsPort: true),
        Signature.Datagram("hsrp", [1985], "\0-\u0002", &Network.IsHsrp, "Which router stands in.", needsPort: true),
        Signature.Datagram(
            "ptp", [319, 320], Any, &Network.IsPtp, "What time it is, to the nanosecond.", needsPort: true),
        Signature.Datagram("ldp", [646], "\0", &Network.IsLdp, "MPLS routers find each other.", needsPort: true),
        Signature.Datagram(
            "coap", [5683], "@-\u007F", &Industrial.IsCoap, "Web requests of small devices.", needsPort: true),
        Signature.Datagram("dnp3", [20000], "\u0005", &Industrial.IsDnp3, "Power grids and water works."),
        Signature.Datagram("enip", [44818, 2222], "\0-s", &Industrial.IsEnipUdp, "EtherNet/IP, which carries CIP."),
        Signature.Datagram("bacnet", [47808], "\u0081", &Industrial.IsBacnet, "Buildings."),
        Signature.Datagram("doip", [13400], "\u0001-\u0004\u00FF", &Industrial.IsDoip, "Car diagnostics over IP."),
        Signature.Datagram("someip", [30490], Any, &Industrial.IsSomeip, "Services inside cars."),
        Signature.Datagram("rtps", [7400], "R", &Industrial.IsRtps, "DDS, robots among its users."),
        Signature.Datagram("memcached", [11211], Any, &Databases.IsMemcachedUdp, "Caches, over UDP."),
        Signature.Datagram(
            "rdp", [3389], "\u00FF", &Remote.IsRdpUdp, "Remote desktop of Windows, over UDP.", needsPort: true),
    ];
}
