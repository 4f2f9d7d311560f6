using System.Text;
using NetSniff.Protocols;
using Xunit;

namespace NetSniff.Tests.Protocols;

public sealed class ProxyHeaderTests
{
    private const int More = ProxyHeader.More, TooLong = ProxyHeader.TooLong, None = 0;

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\nGET", 42)]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 40000 443\r\n", 46)]
    [InlineData("PROXY UNKNOWN\r\n\u0016\u0003", 15)]
    [InlineData("P", More)]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r", More)]
    [InlineData("POST / HTTP/1.1\r\n", None)]
    [InlineData("PROXY / HTTP/1.1\r\n", None)] // a method that somebody made up
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\n", None)]
    [InlineData("PROXY \n", None)]
    [InlineData("", None)]
    public void A_line_of_version_1(string said, int length) =>
        Assert.Equal(length, ProxyHeader.Measure(Encoding.Latin1.GetBytes(said)));

    [Fact]
    public void A_line_has_107_bytes_at_most()
    {
        var line = Encoding.Latin1.GetBytes("PROXY UNKNOWN " + new string('x', 91) + "\r\n");
        Assert.Equal(107, line.Length);
        Assert.Equal(107, ProxyHeader.Measure(line));
        Assert.Equal(More, ProxyHeader.Measure(line.AsSpan(0, 106)));
        Assert.Equal(None, ProxyHeader.Measure([.. line[..^2], (byte)'x', .. line[^2..]]));
    }

    [Theory]
    [InlineData("0d0a0d0a000d0a515549540a 21 11 000c 010203040506070804570050 474554", 28)]
    [InlineData("0d0a0d0a000d0a515549540a 20 00 0000", 16)] // the balancer's own: a health check
    [InlineData("0d0a0d0a000d0a515549540a 21 21 0400", TooLong)] // more than is waited for
    [InlineData("0d0a0d0a000d0a515549540a 21 21 0030", More)]
    [InlineData("0d0a0d0a000d0a515549540a 21", More)]
    [InlineData("0d0a", More)]
    [InlineData("0d0a0d0a 474554", None)]
    [InlineData("0d0a0d0a000d0a515549540a 11 11 000c", None)] // a version that is none
    public void The_signature_of_version_2(string said, int length) =>
        Assert.Equal(length, ProxyHeader.Measure(Hex.Bytes(said)));
}
