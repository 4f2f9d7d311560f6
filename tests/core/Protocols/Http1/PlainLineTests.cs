using System.Text;
using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http1;

namespace NetSniff.Tests.Protocols.Http1;

public class PlainLineTests
{
    private const string Rest = "Next: line\r\nand more of it, so that whole vectors can be read\r\n";

    [Theory]
    [InlineData("Host: example.org\r\n", "Host", "example.org")]
    [InlineData("X: y\r\n", "X", "y")]
    [InlineData("Via: 1.1 a: b, 1.0 c\r\n", "Via", "1.1 a: b, 1.0 c")]
    [InlineData("A-name-of-more-than-thirty-two-letters: and a value beyond\r\n",
        "A-name-of-more-than-thirty-two-letters", "and a value beyond")]
    public void A_plain_line_is_found(string line, string name, string value)
    {
        var bytes = Encoding.Latin1.GetBytes(line + Rest);
        var copy = new byte[PlainLine.BytesMax];
        Assert.True(PlainLine.TryCopy(bytes, ref copy[0], out var nameLength, out var length));
        Assert.Equal(bytes[..length], copy[..length]);
        Assert.Equal(line.Length - 2, length);
        Assert.Equal(name, line[..nameLength]);
        Assert.Equal(value, line[(nameLength + 2)..length]);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("Host:example.org\r\n")]
    [InlineData("Host:  example.org\r\n")]
    [InlineData("Host:\texample.org\r\n")]
    [InlineData("Host: example.org \r\n")]
    [InlineData("Host: example.org\r\r\n")]
    [InlineData("Host: example.org\n")]
    [InlineData("Host : example.org\r\n")]
    [InlineData(" Host: example.org\r\n")]
    [InlineData("Host: \r\n")]
    [InlineData("Host:\r\n")]
    [InlineData("Host: folded\r\n here\r\n")]
    [InlineData("Host: folded\r\n\there\r\n")]
    [InlineData("no colon here\r\n")]
    [InlineData(": no name\r\n")]
    [InlineData(":so far that the next colon is in another vector of bytes: no\r\n")]
    public void Anything_odd_is_left_to_others(string line) =>
        Assert.False(IsPlain(Encoding.Latin1.GetBytes(line + Rest)));

    [Fact]
    public void What_follows_must_be_there_to_be_looked_at()
    {
        var line = Encoding.Latin1.GetBytes("A-name-of-some-letters: and a value that fills two vectors, yes\r\n");
        Assert.Equal(0, (line.Length - 1) % 32);
        Assert.False(IsPlain(line));
        Assert.False(IsPlain(line.AsSpan(0, 40)));
    }

    [Fact]
    public void A_known_name_is_known_in_any_case_and_no_other_is()
    {
        foreach (var header in Enum.GetValues<KnownHeader>().Where(header => header != KnownHeader.Other))
        {
            var name = NameOf(header);
            Assert.Equal(header, KnownHeaders.Find(name));
            var large = Encoding.Latin1.GetString(name).ToUpperInvariant();
            Assert.Equal(header, KnownHeaders.Find(Encoding.Latin1.GetBytes(large)));
            for (var at = 0; at < name.Length; at++)
            {
                for (var bit = 0; bit < 8; bit++)
                {
                    var changed = name.ToArray();
                    changed[at] ^= (byte)(1 << bit);
                    var isCase = bit == 5 && char.IsAsciiLetter((char)name[at]);
                    Assert.Equal(isCase ? header : KnownHeader.Other, KnownHeaders.Find(changed));
                }
            }
        }
    }

    private static bool IsPlain(ReadOnlySpan<byte> line)
    {
        var copy = new byte[PlainLine.BytesMax];
        return PlainLine.TryCopy(line, ref copy[0], out _, out _);
    }

    private static byte[] NameOf(KnownHeader header) => Encoding.Latin1.GetBytes(header switch
    {
        KnownHeader.UserAgent => "user-agent",
        KnownHeader.ContentType => "content-type",
        KnownHeader.ContentLength => "content-length",
        KnownHeader.ContentEncoding => "content-encoding",
        KnownHeader.TransferEncoding => "transfer-encoding",
        KnownHeader.GrpcStatus => "grpc-status",
        KnownHeader.GrpcMessage => "grpc-message",
        KnownHeader.WebSocketProtocol => "sec-websocket-protocol",
        KnownHeader.WebSocketExtensions => "sec-websocket-extensions",
        _ => header.ToString().ToLowerInvariant(),
    });
}
