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
        for (var row = 0; row < count; row++)
        {
            plain += Varint.Size(values[row]);
            delta += Varint.Size(VarintSums.Zigzag(values[row] - (row > 0 ? values[row - 1] : 0)));
            beside += Varint.Size(VarintSums.Zigzag(values[row] - others[row]));
        }

        Assert.Equal((plain, delta), VarintSums.Measure(values));
        Assert.Equal(beside, VarintSums.MeasureBeside(values, others));
    }

    /// <summary>Numbers of all lengths, the largest among them.</summary>
    private static ulong[] Some(Random random, int count)
    {
        var numbers = new ulong[count];
        foreach (ref var number in numbers.AsSpan()) number = (ulong)random.NextInt64() << 1 >> random.Next(64);
        return numbers;
    }
}
