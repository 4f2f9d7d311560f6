using System.Net;
using NetSniff.Cli.Outputs;
using NetSniff.Packets;

namespace NetSniff.Cli.Commands.Demo;

/// <param name="Program">What must be installed for it.</param>
/// <param name="Package">Where Debian has that.</param>
/// <param name="Files">What it reads, of the files beside this one.</param>
internal sealed record ShopServer(string Program, string Package, int Port, string Command, params string[] Files);

/// <param name="Number">The last octet of its address.</param>
internal sealed record ShopHost(string Name, byte Number, ShopServer? Server = null)
{
    public string Address => $"{ShopPlan.Network}.{Number}";
}

/// <param name="At">Seconds after the round began.</param>
internal sealed record ShopStep(double At, string Host, string Program, string Command);

/// <summary>Who is in the shop and what happens there: data, and nothing that runs.</summary>
internal static class ShopPlan
{
    public const string Network = "10.77.0";
    public const string Bridge = "shop0";
    public const string Domain = "shop";
    public const int PrefixLength = 24;

    /// <summary>After so long the story begins again.</summary>
    public const int RoundSeconds = 18;

    private const string Python = "/usr/bin/python3";

    public static IReadOnlyList<ShopHost> Hosts { get; } =
    [
        new("client", 20),
        new("mobile", 21),
        new("intruder", 66),
        new("web", 10, new ShopServer("nginx", "nginx-light", 80, "nginx -e /run/shop/log -c /run/shop/nginx.conf",
            "nginx.conf")),
        new("catalog", 11, new ShopServer("nghttpd", "nghttp2-server", 8080, "nghttpd --no-tls -d /run/shop/www 8080")),
        new("cart", 12, new ShopServer(Python, "python3", 8080, $"{Python} /run/shop/cart.py", "cart.py")),
        new("orders", 13, new ShopServer(Python, "python3-grpcio", 50051, $"{Python} /run/shop/orders.py",
            "orders.py", "order.py")),
        new("chat", 14, new ShopServer(Python, "python3-websockets", 8765, $"{Python} /run/shop/chat.py",
            "chat.py", "talk.py")),
        new("db", 3, new ShopServer("redis-server", "redis-server", 6379,
            $"redis-server --port 6379 --bind {Network}.3 --protected-mode no --save '' --dir /run/shop")),
        new("dns", 2, new ShopServer("dnsmasq", "dnsmasq-base", 53, "dnsmasq --keep-in-foreground --conf-file=/dev/null "
            + "--user=root --pid-file=/run/shop/dns.pid --no-resolv --no-hosts --bind-interfaces "
            + $"--listen-address={Network}.2 --local=/{Domain}/ --addn-hosts=/run/shop/hosts "
            + $"--srv-host=_http._tcp.{Domain},web.{Domain},80 --mx-host={Domain},web.{Domain}")),
    ];

    public static IReadOnlyList<ShopStep> Steps { get; } =
    [
        Curl(0.2, "client", "http://web.shop/ http://web.shop/style.css http://web.shop/products/tea.json"),
        new(0.5, "mobile", "nghttp", "nghttp -n http://catalog.shop:8080/products/tea.json "
            + "http://catalog.shop:8080/products/cup.json"),
        new(0.8, "mobile", Python, $"{Python} /run/shop/order.py Place Track Find"),
        new(1.0, "client", Python, $"{Python} /run/shop/talk.py"),
        Curl(1.4, "client", "-k https://web.shop/"),
        Dig(1.8, "client", "wbe.shop"),
        // Early, since the flows it leaves behind are told when they have been over for a while.
        new(2.2, "intruder", "nmap", $"nmap -sS -Pn -n -F -T4 --max-retries 1 {Network}.10"),
        Curl(2.6, "client", "-d {\\\"tea\\\":2} http://web.shop/api/cart/7 --next -4 -s http://web.shop/api/cart/7"),
        Curl(3.4, "client", "http://web.shop/products/coffee.json"),
        Dig(4.0, "mobile", "-t SRV _http._tcp.shop"),
        Curl(4.6, "mobile", "http://web.shop/api/report"),
        Curl(5.6, "client", "http://web.shop/api/cart/8"),
        Curl(6.4, "client", "-k --tls-max 1.2 https://web.shop/"),
        Curl(7.2, "client", "-X POST http://web.shop/api/checkout"),
        Curl(9.6, "intruder", "http://web.shop/admin"),
        Curl(10.4, "intruder", "http://web.shop/search?q=tea --next -4 -s http://web.shop/search?q=tea%27%20OR%201=1--"),
        Curl(11.2, "intruder",
            "http://web.shop/search?q=%27%20UNION%20SELECT%20name,password%20FROM%20users--"),
        new(11.8, "mobile", Python, $"{Python} /run/shop/order.py Place Refund"),
        Dig(12.6, "client", "-t MX shop"),
        Curl(13.2, "client", "http://web.shop/products/cup.json http://web.shop/api/cart/7"),
        Curl(14.0, "client", "-X POST http://web.shop/api/checkout"),
        new(14.6, "client", Python, $"{Python} /run/shop/talk.py"),
        new(15.2, "mobile", "nghttp", "nghttp -n http://catalog.shop:8080/products/tea.json "
            + "http://catalog.shop:8080/products/coffee.json"),
        Curl(16.0, "client", "-k https://web.shop/products/tea.json"),
    ];

    /// <summary>The hosts' names by their addresses.</summary>
    public static AddressNames Names { get; } = new(Hosts.Select(host =>
        KeyValuePair.Create(Packets.Address.FromBytes(IPAddress.Parse(host.Address).GetAddressBytes()), host.Name)));

    private static ShopStep Curl(double at, string host, string what) => new(at, host, "curl", $"curl -q -4 -s {what}");

    private static ShopStep Dig(double at, string host, string what) =>
        new(at, host, "dig", $"dig +noall +tries=1 +time=2 {what}");
}
