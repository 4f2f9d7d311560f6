using NetSniff.Filters.Bpf;
using NetSniff.Packets;
using NetSniff.Sensor.Capture.LibPcap;

namespace NetSniff.Tests.Filters.Bpf;

public class FilterWordsTests
{
    [Theory]
    [InlineData("tcp port 80")]
    [InlineData("tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 127.0.0.0/8")]
    [InlineData("tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)")]
    [InlineData("host 10.0.0.1 or 10.0.0.2 or fe80::1 or ::ffff:10.0.0.1 or net 10.1 or ip6 net fd00::/8")]
    [InlineData("ether host 02:00:00:00:00:0a or ether src 2-0-0-0-0-b")]
    [InlineData("net 10.0.0.0 mask 255.0.0.0 and port http and ip proto \\udp or proto gre")]
    [InlineData("portrange 1-2 or 3-4 or portrange http-https")]
    [InlineData("vlan 100&&ip6||icmp6[icmp6type]==icmp6-echo and len>=64")]
    [InlineData("tcp[2: 2]=80 or tcp[0 :2]=tcp-syn -1 or ip[8]=-1")]
    [InlineData("wlan type mgt subtype probe-req or llc rr or dir tods or action pass")]
    [InlineData("\tarp\r\nor rarp ")]
    [InlineData("")]
    public void What_stands_for_itself_is_taken(string filter) => Assert.Null(FilterWords.ProblemOf(filter));

    [Theory]
    [InlineData("host shop.example", "shop.example")]
    [InlineData("shop.example", "shop.example")]
    [InlineData("port 80 or shop.example", "shop.example")]
    [InlineData("host 10.0.0.1 or (shop)", "shop")]
    [InlineData("src or dst shop", "shop")]
    [InlineData("net lan", "lan")]
    [InlineData("gateway router", "router")]
    [InlineData("ether host router", "router")]
    [InlineData("host \\tcp", "\\tcp")]
    [InlineData("host \\http", "\\http")]
    [InlineData("host http", "http")]
    [InlineData("port http or host http", "http")]
    [InlineData("port (http or shop)", "http")]
    [InlineData("TCP", "TCP")]
    [InlineData("host 1.2.3.4.5", "1.2.3.4.5")]
    [InlineData("host 1.2.3.4.", "1.2.3.4.")]
    [InlineData("host 4chan", "4chan")]
    [InlineData("host 0xzz", "0xzz")]
    [InlineData("host 3-4", "3-4")]
    [InlineData("portrange 1-2 or src 3-4", "3-4")]
    [InlineData("host fe80::1.shop.example", "fe80")]
    [InlineData("host 1:2:3:4:5:6:shop", "shop")]
    [InlineData("host 1:2:3:4:5:6.shop", "6.shop")]
    [InlineData("port - shop", "shop")]
    [InlineData("tcp-shop", "tcp-shop")]
    [InlineData("host a_b", "a_b")]
    public void What_libpcap_might_look_up_is_refused(string filter, string word) => Assert.Equal(
        $"filter '{filter}': '{word}' is no word of its language, and names are not looked up: write addresses",
        FilterWords.ProblemOf(filter));

    [Fact]
    public void What_takes_long_to_compile_is_refused()
    {
        var most = FilterWords.TestsMax;
        Assert.Null(FilterWords.ProblemOf(Ports("port", most)));
        Assert.Contains($"{most + 1} tests", FilterWords.ProblemOf(Ports("port", most + 1)));
        Assert.Null(FilterWords.ProblemOf(Ports("portrange", most / 2)));
        Assert.NotNull(FilterWords.ProblemOf(Ports("portrange", most / 2 + 1)));
        Assert.NotNull(FilterWords.ProblemOf(string.Join(" or ", Enumerable.Repeat("tcp", most + 1))));
        Assert.NotNull(FilterWords.ProblemOf($"ip[0]={new string('-', FilterWords.SignsMax)}1"));
        Assert.NotNull(FilterWords.ProblemOf($"tcp{new string(' ', FilterWords.LengthMax)}"));
    }

    /// <summary>The words are those of the library that is here.</summary>
    [Theory]
    [InlineData("tcp[2: 2]=80 or ip[8]=-1")]
    [InlineData("portrange 1-2 or 3-4")]
    [InlineData("ether host 02:00:00:00:00:0a or ether src 2-0-0-0-0-b")]
    [InlineData("\tarp\r\nor rarp or ip proto 17 or ip6 net fd00::/8")]
    public void Libpcap_takes_what_is_taken(string filter)
    {
        Assert.SkipUnless(FilterCompiler.IsSupported, "no libpcap on this machine");
        Assert.Null(FilterWords.ProblemOf(filter));
        Assert.True(FilterCompiler.TryCompile(filter, LinkType.Ethernet, out _, out var problem), problem);
    }

    private static string Ports(string word, int count) => $"{word} {string.Join(" or ", Enumerable.Range(1, count))}";
}
