using System.Text;
using NetSniff.Protocols.Http;

namespace NetSniff.Tests.Protocols.Http;

public class HeaderBookPlainTests
{
    private const string Rest = "Next\r\nand more of it, so that whole vectors can be read\r\n";

    /// <summary>As far as a vector of the line is looked at past its end.</summary>
    private const int PieceBytes = 32;

    [Theory]
    [InlineData("Host: example.org\r\n")]
    [InlineData("X: y\r\n")]
    [InlineData("Via: 1.1 a: b, 1.0 c\r\n")]
    [InlineData("A-name-of-thirty-letters-or-so: 1\r\n")]
    [InlineData("A-name-of-thirty-letters-or-so1: 1\r\n")]
    [InlineData("A-name-of-thirty-letters-or-so12: 1\r\n")]
    [InlineData("Cookie: ends with the second vector, which is full: 012345678\r\n")]
    public void A_plain_line_is_taken_wherever_its_segment_ends(string line)
    {
        for (var more = 1; more <= 2 * PieceBytes; more++)
        {
            var book = new HeaderBook();
            Assert.Equal(line.Length, Taken(book, line + new string('x', more)));
            Assert.Equal([line.TrimEnd()], Listed(book));
        }
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
    [InlineData("no colon here, in all of a line that is longer than a vector\r\n")]
    [InlineData(": no name\r\n")]
    [InlineData(":so far that the next colon is in another vector of bytes: no\r\n")]
    public void Anything_odd_is_left_to_others(string line)
    {
        foreach (var rest in new[] { "", "x", "Next: line\r\n", Rest })
        {
            var book = new HeaderBook();
            Assert.Equal(0, Taken(book, line + rest));
            Assert.Empty(Listed(book));
        }
    }

    [Fact]
    public void What_follows_must_be_there_to_be_looked_at()
    {
        for (var length = 1; length < 3 * PieceBytes; length++)
        {
            var line = "Name: " + new string('v', length) + "\r\n";
            for (var cut = 1; cut <= line.Length; cut++) Assert.Equal(0, Taken(new HeaderBook(), line[..cut]));
            Assert.Equal(line.Length, Taken(new HeaderBook(), line + "\r"));
            Assert.Equal(0, Taken(new HeaderBook(), line + " "));
            Assert.Equal(0, Taken(new HeaderBook(), line + "\t"));
        }
    }

    [Fact]
    public void Lines_are_taken_up_to_the_first_that_is_not_plain()
    {
        var book = new HeaderBook();
        var plain = "Host: a\r\nAccept: */*\r\nUser-Agent: curl/8.5.0 (a long one, with more than a vector)\r\n";
        Assert.Equal(plain.Length, Taken(book, plain + "Odd:x\r\nHost: b\r\n\r\n"));
        Assert.Equal(["Host: a", "Accept: */*", "User-Agent: curl/8.5.0 (a long one, with more than a vector)"],
            Listed(book));
        Assert.Equal("a"u8, book[KnownHeader.Host]);
        Assert.Equal("curl/8.5.0 (a long one, with more than a vector)"u8, book[KnownHeader.UserAgent]);
    }

    [Theory]
    [InlineData("Content-Length: 123\r\n", KnownHeader.ContentLength, "123")]
    [InlineData("transfer-encoding: chunked\r\n", KnownHeader.TransferEncoding, "chunked")]
    public void What_tells_the_bodys_end_is_handed_out_each_time(string line, KnownHeader header, string value)
    {
        foreach (var rest in new[] { "\r\n", "Next: line\r\n\r\n", Rest })
        {
            var book = new HeaderBook();
            var bytes = Encoding.Latin1.GetBytes("Host: a\r\n" + line + line + rest);
            var position = 0;
            for (var times = 1; times <= 2; times++)
            {
                Assert.Equal(header, book.TakePlain(bytes, ref position, out var said));
                Assert.Equal(value, Encoding.Latin1.GetString(said));
                Assert.Equal(9 + times * line.Length, position);
            }
        }
    }

    [Theory]
    [InlineData(HeaderBook.PlainBytesMax - 2, true)]
    [InlineData(HeaderBook.PlainBytesMax - 1, false)]
    [InlineData(2 * HeaderBook.PlainBytesMax, false)]
    public void A_long_line_is_left_to_others(int length, bool isTaken)
    {
        var line = "Cookie: ".PadRight(length, 'c') + "\r\n";
        var book = new HeaderBook();
        Assert.Equal(isTaken ? line.Length : 0, Taken(book, line + Rest));
        Assert.Equal(isTaken ? [line.TrimEnd()] : [], Listed(book));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(HeaderBook.PlainNameBytesMax, true)]
    [InlineData(HeaderBook.PlainNameBytesMax + 1, false)]
    public void A_line_with_a_long_name_is_left_to_others(int length, bool isTaken)
    {
        var line = new string('n', length) + ": value\r\n";
        var book = new HeaderBook();
        Assert.Equal(isTaken ? line.Length : 0, Taken(book, line + Rest));
        Assert.Equal(isTaken ? [line.TrimEnd()] : [], Listed(book));
    }

    [Fact]
    public void A_book_takes_as_many_lines_and_bytes_as_it_may()
    {
        var many = string.Concat(Enumerable.Range(0, HeaderBook.FieldsMax + 1).Select(index => $"X-{index:d2}: y\r\n"));
        var book = new HeaderBook();
        Assert.Equal(many.Length / (HeaderBook.FieldsMax + 1) * HeaderBook.FieldsMax, Taken(book, many + Rest));
        Assert.Equal(HeaderBook.FieldsMax, book.Fields.Count);
        Assert.False(book.IsCut);

        var wide = string.Concat(Enumerable.Repeat("Cookie: ".PadRight(500, 'c') + "\r\n", 20));
        book = new HeaderBook();
        Assert.Equal(16 * 502, Taken(book, wide + Rest));
        Assert.Equal(16 * 502, book.Fields.Packed.Length);
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
            Assert.Equal(KnownHeader.Other, KnownHeaders.Find(name.AsSpan(0, name.Length - 1)));
            Assert.Equal(KnownHeader.Other, KnownHeaders.Find([.. name, (byte)'s']));
            Assert.Equal(KnownHeader.Other, KnownHeaders.Find([.. name, .. new byte[PieceBytes]]));
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

    private static int Taken(HeaderBook book, string text)
    {
        var position = 0;
        Assert.Equal(KnownHeader.Other, book.TakePlain(Encoding.Latin1.GetBytes(text), ref position, out var value));
        Assert.True(value.IsEmpty);
        return position;
    }

    private static List<string> Listed(HeaderBook book)
    {
        var lines = new List<string>();
        foreach (var line in book.Fields) lines.Add(Encoding.Latin1.GetString(line));
        return lines;
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
