using System.Text;
using NetSniff.Protocols.Proxy;
using Xunit;

namespace NetSniff.Tests.Protocols.Proxy;

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

    [Theory]
    [InlineData("TCP4 192.0.2.1 198.51.100.255 40000 443", "1 192.0.2.1 40000 198.51.100.255 443")]
    [InlineData("TCP6 2001:db8::1 ::ffff:192.0.2.2 1 65535", "1 2001:db8::1 1 192.0.2.2 65535")]
    [InlineData("TCP6 ::1 1:2:3:4:5:6:7:8 2 3", "1 ::1 2 1:2:3:4:5:6:7:8 3")]
    [InlineData("TCP6 1::2::3 ::1 1 2", null)]
    [InlineData("TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2", null)]
    [InlineData("TCP6 1:2:3 ::1 1 2", null)]
    [InlineData("TCP6 1: ::1 1 2", null)]
    [InlineData("TCP6 12345::1 ::1 1 2", null)]
    [InlineData("TCP4 192.0.2.256 192.0.2.2 1 2", null)]
    [InlineData("TCP4 192.0.2 192.0.2.2 1 2", null)]
    [InlineData("TCP4 192.0.2.1. 192.0.2.2 1 2", null)]
    [InlineData("TCP4 192.0.2.1 192.0.2.2 1 65536", null)]
    [InlineData("TCP4 192.0.2.1 192.0.2.2 1", null)]
    [InlineData("UNKNOWN", null)]
    public void Whom_a_line_names(string line, string? told) =>
        Assert.Equal(told, Told(Encoding.Latin1.GetBytes($"PROXY {line}\r\n")));

    [Theory]
    [InlineData("21 11 000c 010203040506070804570050", "2 1.2.3.4 1111 5.6.7.8 80")]
    [InlineData("21 12 000c 010203040506070804570050", "2 1.2.3.4 1111 5.6.7.8 80")]
    [InlineData("21 21 0024 20010db8000000000000000000000001 20010db8000000000000000000000002 04570050",
        "2 2001:db8::1 1111 2001:db8::2 80")]
    [InlineData("20 11 000c 010203040506070804570050", null)] // the balancer's own
    [InlineData("21 00 0000", null)] // unspecified
    [InlineData("21 31 0000", null)] // a socket of the file system
    [InlineData("21 11 000b 0102030405060708045700", null)]
    [InlineData("21 11 0029 010203040506070804570050 02 0006 612e74657374 01 0002 6832 20 000c 01 00000000 "
        + "21 0004 54763133", "2 1.2.3.4 1111 5.6.7.8 80 a.test h2 Tv13")]
    [InlineData("21 11 0010 010203040506070804570050 02 0006 61", "2 1.2.3.4 1111 5.6.7.8 80")]
    public void Whom_version_2_names(string header, string? told) =>
        Assert.Equal(told, Told([.. Hex.Bytes("0d0a0d0a000d0a515549540a"), .. Hex.Bytes(header)]));

    private static string? Told(byte[] header)
    {
        Assert.Equal(header.Length, ProxyHeader.Measure(header));
        if (!ProxyReader.TryRead(header, out var record)) return null;

        var words = Encoding.ASCII.GetString([.. record.Authority, (byte)' ', .. record.Protocol, (byte)' ',
            .. record.TlsVersion]);
        return $"{record.Version} {record.Client} {record.ClientPort} {record.Server} {record.ServerPort} {words}"
            .TrimEnd();
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var line = "PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1 65535\r\n"u8.ToArray();
        Assert.Equal(0, Allocations.Least(() => Assert.True(ProxyReader.TryRead(line, out _))));
    }

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
