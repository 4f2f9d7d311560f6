using System.Runtime.CompilerServices;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class RowBlockTests
{
    private static readonly int s_headerSize = Unsafe.SizeOf<RecordHeader>();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(RowBlock.RowsMax)]
    public void Rows_go_down_as_they_came(int rows)
    {
        var random = new Random(rows);
        // Twice, so that what an earlier block left is there.
        var block = new RowBlock(s_headerSize + 3 * sizeof(ulong));
        for (var turn = 0; turn < 2; turn++)
        {
            var records = Enumerable.Range(0, rows).Select(_ => Record(random, turn == 0)).ToArray();
            for (var row = 0; row < rows; row++) Assert.Equal(row == RowBlock.RowsMax - 1, block.Add(records[row]));
            block.Compare();
            var present = records.Select(record => new RecordView(record).Header.Present).ToArray();
            var (inAll, inAny) = block.Fields();
            Assert.Equal(present.Aggregate(ulong.MaxValue, static (all, one) => all & one), inAll);
            Assert.Equal(present.Aggregate(0ul, static (any, one) => any | one), inAny);
            for (var place = 0; place < 3 * sizeof(ulong); place += sizeof(ulong))
            {
                var expected = records.Select(record => BitConverter.ToUInt64(record, s_headerSize + place)).ToArray();
                Assert.Equal(expected.Distinct().Count() == 1, block.IsSame(RowBlock.CellAt(place)));
                var column = new NumberColumn();
                block.AddTo(column, RowBlock.CellAt(place));
                Assert.Equal(expected, column.Values.ToArray());
            }

            foreach (var (_, word) in RowBlock.HeadWords.Where(static head => head.Word.Mask != ulong.MaxValue))
            {
                var column = new NumberColumn();
                block.AddTo(column, word);
                Assert.Equal(
                    records.Select(record => BitConverter.ToUInt64(record, 8 * word.At) >> word.Shift & word.Mask),
                    column.Values.ToArray());
            }

            block.Clear();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(33)]
    [InlineData(RowBlock.RowsMax)]
    public void Fields_that_some_have_are_found_in_those(int rows)
    {
        var random = new Random(rows);
        var block = new RowBlock(s_headerSize + 3 * sizeof(ulong));
        for (var turn = 0; turn < 2; turn++)
        {
            var records = Enumerable.Range(0, rows).Select(_ => Record(random, canLack: true)).ToArray();
            foreach (var record in records) block.Add(record);
            block.Compare();
            var (inAll, inAny) = block.Fields();
            for (var field = 0; field < 64; field++)
            {
                if (((inAny & ~inAll) >> field & 1) == 0) continue;

                var having = records.Where(record => new RecordView(record).Has(field)).ToArray();
                var bits = block.RowsWith(field);
                for (var row = 0; row < RowBlock.RowsMax; row++)
                {
                    Assert.Equal(row < rows && new RecordView(records[row]).Has(field), (bits >> row & 1) != 0);
                }

                var column = new NumberColumn();
                block.AddTo(column, RowBlock.CellAt(8), bits);
                Assert.Equal(
                    having.Select(record => BitConverter.ToUInt64(record, s_headerSize + 8)), column.Values.ToArray());
            }

            block.Clear();
        }
    }

    private static byte[] Record(Random random, bool canLack)
    {
        var record = new byte[s_headerSize + 3 * sizeof(ulong)];
        random.NextBytes(record);
        // One cell is the same in all.
        record.AsSpan(s_headerSize, sizeof(ulong)).Fill(7);
        ref var head = ref Unsafe.As<byte, RecordHeader>(ref record[0]);
        head.Present = canLack ? (ulong)random.NextInt64() : 0b101;
        return record;
    }
}
