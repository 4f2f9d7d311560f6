using System.Buffers.Binary;
using NetSniff.Cli.Outputs.Batches;
using NetSniff.Flows;
using NetSniff.Json;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Tests.Cli.Outputs.Batches;

public sealed class BatchesOutputTests
{
    [Fact]
    public void Each_batch_stands_behind_its_length_and_none_is_lost()
    {
        const int Records = BatchesOutput.RecordsMax + 3;
        var sink = new RecordSink(4 * RecordSink.RecordBytesMax);
        using var stream = new MemoryStream();
        var output = new BatchesOutput(new OutputBuffer(stream), OriginBook.None);
        for (var number = 0; number < Records; number++)
        {
            sink.Clear();
            var record = default(FlowRecord);
            sink.Emit(in record, number);
            Assert.True(output.Write(new RecordView(sink.Bytes)));
        }

        output.Finish();
        var rest = stream.ToArray().AsSpan();
        var (counts, decoder) = (new List<int>(), new BatchDecoder());
        while (!rest.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            Assert.True(decoder.TryRead(rest.Slice(sizeof(int), length)));
            counts.Add(decoder.Count);
            rest = rest[(sizeof(int) + length)..];
        }

        Assert.Equal([BatchesOutput.RecordsMax, 3], counts);
    }
}
