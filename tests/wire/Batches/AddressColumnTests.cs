using System.Runtime.InteropServices;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class AddressColumnTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(5000)]
    public void Addresses_come_back_in_order(int different)
    {
        var random = new Random(different);
        var column = new AddressColumn();
        for (var round = 0; round < 2; round++)
        {
            List<Address> expected = [];
            for (var row = 0; row < 3000; row++)
            {
                expected.Add(new Address((ulong)random.Next(3), (ulong)random.Next(different)));
                column.Add(expected[row]);
            }

            var output = new ByteWriter();
            column.Write(output);
            var input = new BatchReader(output.Written);
            var texts = new ReadTexts();
            texts.Read(ref input, expected.Count);
            Assert.False(input.IsBroken);
            Assert.True(input.IsAtEnd);
            foreach (var address in expected) Assert.Equal(address, MemoryMarshal.Read<Address>(texts.Next()));
            column.Clear();
        }
    }

    /// <summary>Interface identifiers that strangers choose, with any network before them: none makes a hash known.
    /// </summary>
    [Theory]
    [InlineData(0x9e37_79b9_7f4a_7c15)]
    [InlineData(0xe377_9b97_f4a7_c150)]
    [InlineData(0)]
    [InlineData(ulong.MaxValue)]
    public void Nobody_chooses_the_place(ulong second)
    {
        HashSet<uint> places = [];
        var hash = TextHash.OfProcess;
        for (var first = 0ul; first < 10_000; first++) places.Add(hash.Of(first, second) % 65536);
        Assert.True(places.Count > 5000, $"10,000 addresses in {places.Count} of 65,536 places");
    }
}
