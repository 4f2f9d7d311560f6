using NetSniff.Buffers;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class VarintSumsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(203)]
    public void Columns_are_measured_as_number_by_number(int count)
    {
        var random = new Random(7);
        var values = Some(random, count);
        var others = Some(random, count);
        var (plain, delta, beside) = (0L, 0L, 0L);
        var (deltaBits, besideBits) = (0ul, 0ul);
        for (var row = 0; row < count; row++)
        {
            plain += Varint.Size(values[row]);
            var fromBefore = VarintSums.Zigzag(values[row] - (row > 0 ? values[row - 1] : 0));
            var fromOther = VarintSums.Zigzag(values[row] - others[row]);
            delta += Varint.Size(fromBefore);
            beside += Varint.Size(fromOther);
            if (row > 0) deltaBits |= fromBefore;
            besideBits |= fromOther;
        }

        var bits = values.Aggregate(0ul, static (all, one) => all | one);
        Assert.Equal((plain, delta, deltaBits), VarintSums.Measure(values, bits));
        Assert.Equal((beside, besideBits), VarintSums.MeasureBeside(values, others));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(203)]
    public void Differences_are_those_of_number_by_number(int count)
    {
        var random = new Random(8);
        var (values, others, found) = (Some(random, count + 1), Some(random, count), new ulong[count]);
        VarintSums.Deltas(values, found);
        for (var row = 0; row < count; row++)
        {
            Assert.Equal(VarintSums.Zigzag(values[row + 1] - values[row]), found[row]);
        }

        VarintSums.DeltasBeside(values, others, found);
        for (var row = 0; row < count; row++) Assert.Equal(VarintSums.Zigzag(values[row] - others[row]), found[row]);
    }

    [Fact]
    public void Numbers_of_one_length_are_measured_as_any()
    {
        ulong[] values = [.. Enumerable.Range(0, 77).Select(row => (1ul << 60) + (ulong)row * 129)];
        Assert.Equal(77 * 9, VarintSums.Measure(values, values.Aggregate(0ul, static (all, one) => all | one)).Plain);
    }

    /// <summary>Numbers of all lengths, the largest among them.</summary>
    private static ulong[] Some(Random random, int count)
    {
        var numbers = new ulong[count];
        foreach (ref var number in numbers.AsSpan()) number = (ulong)random.NextInt64() << 1 >> random.Next(64);
        return numbers;
    }
}
