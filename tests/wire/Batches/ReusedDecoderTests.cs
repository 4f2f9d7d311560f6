using NetSniff.Flows;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Wire.Batches;

/// <summary>A decoder reads batches of many sensors: none gets anything of the one before.</summary>
public sealed class ReusedDecoderTests
{
    private const int Rows = 5;

    /// <summary>A batch whose fields are not all ours, behind one of another kind whose fields are.</summary>
    [Fact]
    public void Records_of_another_version_have_nothing_of_the_batch_before()
    {
        var other = Https();
        "http.refereR"u8.CopyTo(other.AsSpan(other.AsSpan().IndexOf("http.referer"u8)));
        var fresh = new BatchDecoder();
        Assert.True(fresh.TryRead(other));
        var used = new BatchDecoder();
        Assert.True(used.TryRead(Flows()));
        Assert.True(used.TryRead(other));
        Assert.Equal(Convert.ToHexString(fresh.Records), Convert.ToHexString(used.Records));
    }

    /// <summary>Of all statuses it says: the same as the first field, which is a text.</summary>
    [Fact]
    public void A_column_of_texts_has_no_numbers()
    {
        var decoder = new BatchDecoder();
        Assert.True(decoder.TryRead(Flows()));
        var batch = Https();
        var at = batch.AsSpan().IndexOf([(byte)NumberEncoding.Constant, (byte)0x80, (byte)0x7d]);
        Assert.True(at > 0);
        var firstField = (byte)Enum.GetValues<FixedColumn>().Length;
        Assert.False(decoder.TryRead([.. batch[..at], (byte)NumberEncoding.SameAs, firstField, .. batch[(at + 3)..]]));
    }

    [Fact]
    public void Whatever_a_batch_is_it_reads_as_if_it_were_the_first()
    {
        byte[][] batches = [Flows(), Https(), [.. Flows()], Mixed()];
        var random = new Random(20261127);
        var used = new BatchDecoder();
        var read = 0;
        for (var round = 0; round < 8_000; round++)
        {
            var batch = batches[random.Next(batches.Length)].ToArray();
            for (var change = random.Next(4); change > 0; change--)
            {
                batch[random.Next(batch.Length)] = (byte)random.Next(random.Next(2) == 0 ? 16 : 256);
            }

            var fresh = new BatchDecoder();
            Assert.Equal(fresh.TryRead(batch), used.TryRead(batch));
            Assert.True(fresh.Records.SequenceEqual(used.Records));
            if (fresh.Count > 0) read++;
        }

        Assert.InRange(read, 2_000, 7_000);
    }

    private static byte[] Flows() => Batch(EmitFlow);

    private static byte[] Https() => Batch(EmitHttp);

    private static byte[] Mixed() => Batch(static (sink, row) =>
    {
        EmitFlow(sink, row);
        EmitHttp(sink, row);
    });

    private static void EmitFlow(RecordSink sink, int row)
    {
        var flow = new FlowRecord
        {
            FirstNanos = 0x1234_5678 + row, LastNanos = 2, PacketsToServer = 0x7777, PacketsToClient = 1,
            BytesToServer = 1, BytesToClient = 1, PayloadToServer = 1, PayloadToClient = 1, End = FlowEnd.Idle,
        };
        sink.Emit(in flow, row);
    }

    private static void EmitHttp(RecordSink sink, int row)
    {
        var record = new HttpRecord { Version = "1.1"u8, Status = 16_000 };
        sink.Emit(in record, row);
    }

    private static byte[] Batch(Action<RecordSink, int> emit)
    {
        var encoder = new BatchEncoder();
        var sink = new RecordSink(1 << 18);
        for (var row = 0; row < Rows; row++) emit(sink, row);
        foreach (var record in new RecordWalker(sink.Bytes)) encoder.Add(record);
        return encoder.Finish(["eth0"], "n").ToArray();
    }
}
