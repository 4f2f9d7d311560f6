using System.Text;
using NetSniff.Buffers;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

public class TextColumnTests
{
    /// <summary>Texts of every length up to some vectors, of few letters, so that many begin and end alike.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(70)]
    public void Texts_come_back_each_once(int lengthMax)
    {
        var random = new Random(lengthMax);
        var column = new TextColumn();
        for (var batch = 0; batch < 3; batch++)
        {
            var texts = Enumerable.Range(0, 3000).Select(_ => Text(random, lengthMax)).ToArray();
            foreach (var text in texts) column.Add(Encoding.ASCII.GetBytes(text));
            Check(column, texts);
        }
    }

    [Fact]
    public void Lists_come_back_whatever_followed_before()
    {
        var random = new Random(3);
        var column = new TextColumn();
        for (var batch = 0; batch < 3; batch++)
        {
            List<string> expected = [];
            var headers = Enumerable.Range(0, 12).Select(_ => Text(random, 40)).ToArray();
            for (var list = 0; list < 500; list++)
            {
                // Mostly in the order of the list before, now and then not, and sometimes none at all.
                var texts = headers.Where(_ => random.Next(4) > 0).ToArray();
                if (list % 7 == 0) random.Shuffle(texts);
                if (list % 5 == 0) texts = [.. texts, Text(random, 5)];
                if (list % 11 == 0) texts = [];
                expected.AddRange(texts);
                column.AddList(Pack(texts));
            }

            Check(column, [.. expected]);
        }
    }

    /// <summary>What one batch was full of is not kept for ever; what all are full of is not made anew each time.
    /// </summary>
    [Fact]
    public void Room_of_a_flood_is_given_back_once_it_is_over()
    {
        var column = new TextColumn();
        var text = new byte[64];
        Fill(20_000);
        Assert.Equal(0, Allocations.Least(() => Fill(20_000)));
        Fill(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(20_000);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before > 20_000 * text.Length);
        Fill(1000);
        Assert.Equal(0, Allocations.Least(() => Fill(1000)));

        void Fill(int texts)
        {
            for (var number = 0; number < texts; number++)
            {
                BitConverter.TryWriteBytes(text, number);
                column.Add(text);
            }

            column.Clear();
        }
    }

    private static void Check(TextColumn column, string[] expected)
    {
        Assert.Equal(expected.Length, column.Count);
        var output = new ByteWriter();
        column.Write(output);
        var input = new BatchReader(output.Written);
        var texts = new ReadTexts();
        texts.Read(ref input, expected.Length);
        Assert.False(input.IsBroken);
        Assert.True(input.IsAtEnd);
        Assert.Equal((byte)TextEncoding.Dictionary, output.Written[0]);
        Assert.Equal(expected.Distinct().Count(), output.Written[1] < 0x80 ? output.Written[1]
            : output.Written[1] & 0x7f | output.Written[2] << 7);
        foreach (var text in expected) Assert.Equal(text, Encoding.ASCII.GetString(texts.Next()));
        column.Clear();
    }

    private static string Text(Random random, int lengthMax)
    {
        var text = new char[random.Next(lengthMax + 1)];
        Array.Fill(text, 'a');
        // One place differs, or none.
        if (text.Length > 0 && random.Next(3) > 0) text[random.Next(text.Length)] = (char)('a' + random.Next(4));
        return new string(text);
    }

    private static byte[] Pack(string[] texts)
    {
        var packed = new ByteWriter();
        foreach (var text in texts)
        {
            packed.PutUInt16((ushort)text.Length);
            packed.Put(Encoding.ASCII.GetBytes(text));
        }

        return packed.Written.ToArray();
    }
}
