using System.Net;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Tests.Packets;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.0.0.7", "10.0.0.7")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("fd00::", "fd00::")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("1:0:0:2:0:0:0:3", "1:0:0:2::3")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4")]
    [InlineData("fe80::5efe:1.2.3.4", "fe80::5efe:1.2.3.4")]
    [InlineData("::ffff:0:1.2.3.4", "::ffff:0:1.2.3.4")]
    public void Text_is_the_shortest_there_is(string address, string text) => Assert.Equal(text, Text(Parse(address)));

    [Fact]
    public void Text_agrees_with_the_runtime_over_many()
    {
        var random = new Random(5952);
        var bytes = new byte[Address.Size];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(bytes);
            // Mostly zeros and small words, where all the rules are.
            for (var word = 0; word < 8; word++)
            {
                if (random.Next(3) > 0) bytes[2 * word] = bytes[2 * word + 1] = 0;
                if (random.Next(8) == 0) bytes[2 * word] = bytes[2 * word + 1] = 0xFF;
            }

            var address = Address.FromBytes(bytes);
            Assert.Equal(address.ToIPAddress().ToString(), Text(address));
        }
    }

    [Fact]
    public void Text_allocates_nothing()
    {
        var address = Parse("fd00::1:7");
        var target = new byte[Address.TextSizeMax];
        Assert.Equal(0, Allocations.Least(() => address.Format(target)));
    }

    [Fact]
    public void Order_is_that_of_the_wire()
    {
        Assert.True(Parse("10.0.0.2") < Parse("10.0.1.1"));
        Assert.True(Parse("9.255.255.255") < Parse("10.0.0.0"));
        Assert.True(Parse("fd00::ff") < Parse("fd00::100"));
        Assert.True(Parse("255.255.255.255") < Parse("::1:0:0:0"));
    }

    [Fact]
    public void Four_bytes_and_sixteen_mapped_ones_are_the_same_address()
    {
        var mapped = Address.FromBytes(IPAddress.Parse("::ffff:10.0.0.7").GetAddressBytes());
        Assert.Equal(Parse("10.0.0.7"), mapped);
        Assert.True(mapped.IsV4);
        Assert.Equal(default, Address.FromBytes([1, 2, 3]));
    }

    private static Address Parse(string text) => Address.FromBytes(IPAddress.Parse(text).GetAddressBytes());

    private static string Text(Address address)
    {
        Span<byte> target = stackalloc byte[Address.TextSizeMax];
        return Encoding.ASCII.GetString(target[..address.Format(target)]);
    }
}
