using System.Text;
using NetSniff.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

/// <summary>Names written at once read as those written label by label.</summary>
public sealed class PlainNameTests
{
    private const int Seed = 1034;
    private const int Start = DnsHeader.Size;

    [Fact]
    public void Whatever_is_taken_reads_as_by_labels_and_whatever_is_plain_is_taken()
    {
        var random = new Random(Seed);
        var (taken, left) = (0, 0);
        for (var round = 0; round < 30_000; round++)
        {
            var message = Message(random);
            var behind = Plain(message, out var text);
            var byLabels = ByLabels(message, out var textByLabels, out var problem);
            if (behind >= 0)
            {
                Assert.Equal((byLabels, textByLabels, DnsProblem.None), (behind, text, problem));
                taken++;
            }
            else
            {
                Assert.False(IsSurelyPlain(message), Convert.ToHexString(message));
                left++;
            }
        }

        Assert.True(taken > 5_000 && left > 5_000, $"{taken} {left}");
    }

    [Fact]
    public void A_name_of_any_length_up_to_the_bound_is_taken()
    {
        for (var length = 1; length <= PlainName.TextBytesMax; length++)
        {
            var longest = string.Join('.', Enumerable.Repeat(new string('x', 15), 4)) + "y";
            var name = longest[..length].TrimEnd('.').PadRight(length, 'z');
            byte[] message = [.. new byte[Start], .. DnsBytes.Name(name), .. new byte[16]];
            Assert.Equal(Start + length + 2, Plain(message, out var text));
            Assert.Equal(name, text);
        }
    }

    [Fact]
    public void A_longer_name_goes_by_labels()
    {
        var name = string.Join('.', Enumerable.Repeat(new string('x', 15), 4)) + ".z";
        Assert.True(name.Length == PlainName.TextBytesMax + 1);
        byte[] message = [.. new byte[Start], .. DnsBytes.Name(name), .. new byte[16]];
        Assert.Equal(-1, Plain(message, out _));
        Assert.Equal(Start + name.Length + 2, Both(message, out var text));
        Assert.Equal(name, text);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(46)] // a length that reads as a dot
    [InlineData(63)]
    public void A_label_whose_length_reads_as_text_is_written_right(int length)
    {
        var name = new string('a', length) + ".b";
        byte[] message = [.. new byte[Start], .. DnsBytes.Name(name), .. new byte[16]];
        Assert.Equal(Start + name.Length + 2, Both(message, out var text));
        Assert.Equal(name, text);
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("example.com")]
    [InlineData("sixteen-and.more")]
    [InlineData("a-longer-name.example.org")]
    public void A_name_at_the_very_end_of_a_message_is_read(string name)
    {
        byte[] message = [.. new byte[Start], .. DnsBytes.Name(name)];
        Assert.Equal(message.Length, Both(message, out var text));
        Assert.Equal(name, text);
        Assert.Equal(-1, Both(message[..^1], out _));
    }

    [Theory]
    [InlineData('.')]
    [InlineData('\\')]
    [InlineData('\u0007')]
    [InlineData('\u007f')]
    [InlineData('\u0080')]
    [InlineData('\u00ff')]
    public void An_odd_octet_is_seen_at_every_place(char odd)
    {
        const string Name = "abcdefgh.ijklmnopqrstu.vwxyz.ABCDEFGHIJK";
        byte[] plain = [.. new byte[Start], .. DnsBytes.Name(Name), .. new byte[20]];
        Assert.True(Plain(plain, out _) > 0);
        for (var at = Start; at < plain.Length - 21; at++)
        {
            if (plain[at] < ' ') continue;

            var message = plain.ToArray();
            message[at] = (byte)odd;
            Assert.Equal(-1, Plain(message, out _));
        }
    }

    [Fact]
    public void Little_room_is_left_alone()
    {
        byte[] message = [.. new byte[Start], .. DnsBytes.Name("www.example.com"), .. new byte[16]];
        var room = new byte[PlainName.TextBytesMax - 1];
        Assert.Equal(-1, PlainName.TryWrite(message, Start, room, out _));
        Assert.Equal(new byte[room.Length], room);
    }

    private static byte[] Message(Random random)
    {
        List<byte> bytes = [.. new byte[Start]];
        for (var label = random.Next(0, 8); label > 0; label--)
        {
            var length = random.Next(30) == 0 ? random.Next(1, 64) : random.Next(1, 16);
            bytes.Add((byte)length);
            for (; length > 0; length--) bytes.Add(Letter(random));
        }

        switch (random.Next(8))
        {
            case 0: bytes.AddRange([0xC0, (byte)random.Next(bytes.Count)]); break;
            case 1: bytes.Add((byte)random.Next(0x40, 0xC0)); break;
            case 2: break;
            default: bytes.Add(0); break;
        }

        bytes.AddRange(new byte[random.Next(24)]);
        return [.. bytes];
    }

    private static byte Letter(Random random) => random.Next(500) switch
    {
        0 => (byte)'.',
        1 => (byte)'\\',
        2 => (byte)random.Next(256),
        _ => (byte)random.Next(' ', 0x7f),
    };

    /// <summary>Said independently: what has to be taken for the fast way to be of use.</summary>
    private static bool IsSurelyPlain(byte[] message)
    {
        var at = Start;
        while (at < message.Length && message[at] != 0)
        {
            int length = message[at];
            if (length >= ' ' || at + length >= message.Length) return false;
            if (message.AsSpan(at + 1, length).ContainsAnyExceptInRange((byte)' ', (byte)'~')) return false;
            if (message.AsSpan(at + 1, length).ContainsAny((byte)'.', (byte)'\\')) return false;
            at += length + 1;
        }

        var text = at - Start - 1;
        return at < message.Length && text is > 0 and <= PlainName.TextBytesMax && message.Length > Start + 16;
    }

    private static int Plain(byte[] message, out string text)
    {
        var room = new byte[DnsName.TextBytesMax];
        var behind = PlainName.TryWrite(message, Start, room, out var size);
        text = behind < 0 ? "" : Encoding.Latin1.GetString(room, 0, size);
        return behind;
    }

    private static int ByLabels(byte[] message, out string text, out DnsProblem problem)
    {
        var written = new DnsText(new byte[DnsName.TextBytesMax]);
        var behind = DnsName.WriteByLabels(message, Start, ref written, out problem);
        text = Encoding.Latin1.GetString(written.Written);
        return behind;
    }

    private static int Both(byte[] message, out string text)
    {
        var written = new DnsText(new byte[DnsName.TextBytesMax]);
        var behind = DnsName.Write(message, Start, ref written, out _);
        text = Encoding.Latin1.GetString(written.Written);
        return behind;
    }
}
