using NetSniff.Buffers;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class NumberColumnTests
{
    private static readonly ulong[] s_times =
        [.. Enumerable.Range(0, 1000).Select(row => (1ul << 60) + (ulong)(row * row) * 977)];

    [Theory]
    [InlineData("one number", NumberEncoding.Constant)]
    [InlineData("bytes", NumberEncoding.Plain)]
    [InlineData("two bytes", NumberEncoding.Fixed)]
    [InlineData("five bytes", NumberEncoding.Fixed)]
    [InlineData("eight bytes", NumberEncoding.Fixed)]
    [InlineData("short, one long", NumberEncoding.Plain)]
    [InlineData("steps", NumberEncoding.FixedDelta)]
    [InlineData("steps, one long", NumberEncoding.Delta)]
    [InlineData("beside times", NumberEncoding.FixedFromTime)]
    [InlineData("beside times, one far", NumberEncoding.FromTime)]
    [InlineData("few", NumberEncoding.Dictionary)]
    public void Each_column_is_written_in_its_way_and_read_back(string shape, object encoding)
    {
        var values = Make(shape);
        var column = new NumberColumn();
        foreach (var value in values) column.Add(value);
        var output = new ByteWriter();
        ulong[] times = shape.StartsWith("beside", StringComparison.Ordinal) ? s_times : [];
        column.Write(output, times, []);
        Assert.Equal((NumberEncoding)encoding, (NumberEncoding)output.Written[0]);
        Assert.Equal(values, Read(output.Written, values.Length, times));

        // What is cut short is damage, wherever it is cut.
        for (var length = 1; length < output.Length; length += 1 + length / 7)
        {
            var input = new BatchReader(output.Written[..length]);
            new ReadNumbers().Read(ref input, values.Length, times, []);
            Assert.True(input.IsBroken);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(255)]
    public void No_other_size_than_one_to_eight_is_believed(byte width)
    {
        var input = new BatchReader([(byte)NumberEncoding.Fixed, width, .. new byte[64]]);
        new ReadNumbers().Read(ref input, 3, [], []);
        Assert.True(input.IsBroken);
    }

    [Fact]
    public void Runs_and_rows_and_single_numbers_join()
    {
        var random = new Random(3);
        var column = new NumberColumn();
        List<ulong> expected = [];
        for (var round = 0; round < 300; round++)
        {
            var value = (ulong)random.Next(3);
            var rows = random.Next(1, 70);
            if (round % 3 == 0) rows = 1;
            if (round % 3 == 0) column.Add(value);
            else if (round % 3 == 1) column.Add(value, rows);
            else AddRows(column, value, rows);
            for (var row = 0; row < rows; row++) expected.Add(round % 3 == 2 ? value + (ulong)row : value);
            if (round == 150)
            {
                column.Clear();
                expected.Clear();
            }
        }

        Assert.Equal(expected, column.Values.ToArray());
        var output = new ByteWriter();
        column.Write(output, [], []);
        Assert.Equal(expected, Read(output.Written, expected.Count, []));
    }

    /// <summary>Rows with and without the field, by chance: what all who have it agree on stays one number.</summary>
    [Theory]
    [InlineData(1, NumberEncoding.Constant)]
    [InlineData(60_000, NumberEncoding.Fixed)]
    public unsafe void Only_rows_that_have_the_field_are_taken(int different, object encoding)
    {
        var random = new Random(5);
        var column = new NumberColumn();
        List<ulong> expected = [];
        for (var block = 0; block < 40; block++)
        {
            var words = new ulong[2 * RowBlock.RowsMax];
            var has = 1ul << block;
            for (var row = 0; row < RowBlock.RowsMax; row++)
            {
                words[2 * row + 1] = 200 + (ulong)random.Next(different);
                if (random.Next(block % 4) == 0) has |= 1ul << row;
                if ((has >> row & 1) != 0) expected.Add(words[2 * row + 1]);
                else words[2 * row + 1] = ulong.MaxValue;
            }

            fixed (ulong* start = words) column.Add(start + 1, 2, has);
        }

        Assert.Equal(expected.Count, column.Count);
        var output = new ByteWriter();
        column.Write(output, [], []);
        Assert.Equal((NumberEncoding)encoding, (NumberEncoding)output.Written[0]);
        Assert.Equal(expected, Read(output.Written, expected.Count, []));
    }

    /// <summary>Every third word is the number's, in its upper half.</summary>
    private static unsafe void AddRows(NumberColumn column, ulong value, int rows)
    {
        var words = new ulong[3 * rows];
        for (var row = 0; row < rows; row++) words[3 * row] = (value + (ulong)row) << 32 | 0xdead_beef;
        fixed (ulong* start = words) column.Add(start, 3, rows, new RowWord(0, 32, uint.MaxValue));
    }

    private static ulong[] Read(ReadOnlySpan<byte> written, int count, ulong[] times)
    {
        var input = new BatchReader(written);
        var numbers = new ReadNumbers();
        numbers.Read(ref input, count, times, []);
        Assert.False(input.IsBroken);
        Assert.True(input.IsAtEnd);
        return numbers.Values.ToArray();
    }

    private static ulong[] Make(string shape)
    {
        var random = new Random(11);
        return
        [
            .. Enumerable.Range(0, 1000).Select(row => shape switch
            {
                "one number" => 77ul << 40,
                "bytes" => (ulong)random.Next(128),
                "two bytes" => (ulong)random.Next(65536),
                "five bytes" => (ulong)random.NextInt64(1L << 40),
                "eight bytes" => (ulong)random.NextInt64() * 2 + (uint)row % 2,
                "short, one long" => row == 500 ? 1ul << 62 : (ulong)random.Next(100),
                "steps" => (1ul << 50) + (ulong)(row * 20_000) + (ulong)random.Next(300),
                "steps, one long" => row < 500 ? (ulong)row * 50 : (1ul << 50) + (ulong)row * 50,
                "beside times" => s_times[row] + (ulong)random.Next(-9000, 9000),
                "beside times, one far" => row == 500 ? 0 : s_times[row] - (ulong)random.Next(60),
                _ => (ulong)random.Next(9) << 50,
            }),
        ];
    }
}
