using System.Net;
using System.Text;
using NetSniff.Protocols.Dns;
using Xunit;

namespace NetSniff.Tests.Protocols.Dns;

public sealed class QuadsTests
{
    [Fact]
    public void Every_octet_reads_as_elsewhere_at_every_place()
    {
        for (var octet = 0; octet <= byte.MaxValue; octet++)
        {
            for (var place = 0; place < Quads.Octets; place++)
            {
                byte[] octets = [9, 99, 255, 0];
                octets[place] = (byte)octet;
                Assert.Equal(new IPAddress(octets).ToString(), Text(octets));
            }
        }
    }

    [Fact]
    public void The_longest_needs_no_more_room_than_is_asked_for() =>
        Assert.Equal("255.255.255.255", Text([255, 255, 255, 255]));

    [Fact]
    public void Less_room_is_refused() =>
        Assert.ThrowsAny<ArgumentException>(() => Quads.Write([1, 2, 3, 4], new byte[Quads.TextBytesMax - 1]));

    private static string Text(byte[] octets)
    {
        var room = new byte[Quads.TextBytesMax];
        return Encoding.ASCII.GetString(room, 0, Quads.Write(octets, room));
    }
}
