namespace NetSniff.Tests.Worker.Store;

/// <summary>Filters that together ask everything that filters can ask.</summary>
internal static class StoreFilters
{
    public static readonly string[] All =
    [
        "true", "false", "flow", "http or dns", "not http", "kind != flow", "kind in (flow, tls)",
        "app == http", "app != http", "!(app == http)", "exists app", "app in (dns, tls)",
        "time >= 2026-03-01T12:10:00Z and time < 2026-03-01T12:20:00.5Z", "!(time < 2026-03-01T12:10:00Z)",
        "src.ip in 10.0.0.0/8", "src.ip not in (10.0.0.0/8, 2001:db8::/32)", "ip in ::/0", "ip in 0.0.0.0/0",
        "ip != 10.0.0.0/8", "dst.ip in 10.0.0.0..10.127.255.255", "!(ip in 10.0.0.0/8)",
        "dst.port == 443", "port == 443", "port != 443", "exists port", "not port", "src.port > 40000",
        "src.port in (0..1000, 60000..65535)", "proto == tcp", "proto != tcp", "proto < 10", "icmp",
        "vlan", "vlan == 120", "vlan != 120", "!(vlan == 120)", "tunnel", "tunnel == vxlan", "tunnel != vxlan",
        "tunnel.id == 0", "tunnel.id == 4096", "!(tunnel.id == 0)", "flow.id > 0x3fffffffffffffff",
        "interface == eth0", "interface != eth0", "exists interface", "node == node-2", "node != node-2",
        "!(node like '*1')",
        "pod == cart-1", "pod != cart-1", "src.pod like 'cart*'", "dst.pod != cart-1", "!(dst.pod == cart-1)",
        "exists pod",
        "namespace == shop", "src.peer == external", "dst.peer != pod", "src.label.app == cart",
        "dst.unnamed contains 'side'",
        "pod == 'söme-pod'", "src.service", "not src.name", "src.zone ~ EU-1A", "src.workload.kind == nothing",
        "partial", "!partial", "partial == false", "malformed and partial",
        "http.status", "exists http.status", "http.status >= 500", "http.status != 2", "!(http.status != 2)",
        "http.status in (1, 2, 100..300)", "http.status < 1", "http.status > 18446744073709551614",
        "http.latency > 250ms", "http.latency < 0", "http.latency == 2ns", "!(http.latency > 1ns)",
        "flow.first < 2026-01-31", "flow.midstream", "flow.midstream == false", "!flow.midstream",
        "http.method == GET", "http.method != GET", "http.method ~ get", "http.method in (GET, 'é')",
        "http.host == example.com", "http.host ~ example.COM", "http.host != 'example.com'",
        "http.host contains 'example'", "http.host icontains 'EXAMPLE'", "http.host startswith 'ex'",
        "http.host istartswith 'EX'", "http.host endswith '.com'", "http.host iendswith '.COM'",
        "http.host endswith ''", "http.host like '*.com'", "http.host like '?'", "http.host like '??'",
        "http.host ilike 'EX*C?m'", "http.host matches /^x+$/", "http.host imatches /EXAMPLE/",
        @"http.host matches /\xc3/", @"http.host contains '\xc3'", @"http.host startswith '\xc3'",
        @"http.host == '\xc3'", @"http.host endswith '\xa9'", @"http.host contains 'a\0b'", @"http.host == 'a\0b'",
        @"http.host contains '\xff\xfe'", @"http.host == '\xf4\x8f\xb9\x81'", @"http.host contains '\xb9'",
        @"http.host icontains '\xFF'", "http.host contains '%'", "http.host contains \"'\"",
        "http.host ~ 'ünïcode HOṡT'",
        "tls.sans == example.com", "tls.sans != example.com", "tls.sans contains 'xa'", "tls.sans like '*x'",
        "tls.sans ~ EXAMPLE.COM", "tls.sans matches /^.$/", "!(tls.sans contains 'x')", @"tls.sans contains '\xc3'",
        "tls.client.extensions == 1", "tls.client.extensions != 1", "tls.client.extensions > 18446744073709551613",
        "dns.answers.ttls in (1, 5..100)", "!(dns.answers.ttls == 2)", "exists dns.answers.names",
        "tls.fingerprint == fffe00", "tls.fingerprint startswith c3", "tls.fingerprint contains 'x'",
        "tls.fingerprint ~ 'EXAMPLE.COM'", "tls.fingerprint != c3", "tls.fingerprint in (c3, a9)",
        "dns.edns.client_subnet", "(http.status > 5 or dns.qtype < 100) and not (src.ip in 10.0.0.0/8 or partial)",
        "!(http.host contains 'x' and http.status > 3)", "not (flow.end == 1 or flow.end == 2) and flow",
    ];
}
