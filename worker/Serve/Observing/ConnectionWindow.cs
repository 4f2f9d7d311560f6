using NetSniff.Records;
using NetSniff.Worker.Merge;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>Flow records in, connections out at the end: the first or the last so many of them.</summary>
internal sealed class ConnectionWindow(RecordConsumer inner, int most, bool isLast) : RecordConsumer
{
    private readonly ConnectionMerge _merge = new();

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        foreach (var record in new RecordWalker(records)) _merge.Add(record);
    }

    /// <summary>Hands the connections on.</summary>
    /// <returns>Whether there were more, or flow records that found no room.</returns>
    public bool Finish()
    {
        var chosen = new Chosen(most, isLast);
        var sink = new RecordSink(4 * RecordSink.RecordBytesMax, chosen);
        _merge.Finish(sink);
        sink.Flush();
        foreach (var record in chosen.Records) inner.Consume(record, 1);
        return chosen.IsCut || _merge.Refused > 0;
    }

    private sealed class Chosen(int most, bool isLast) : RecordConsumer
    {
        public Queue<byte[]> Records { get; } = [];

        public bool IsCut { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                if (Records.Count == most)
                {
                    IsCut = true;
                    if (!isLast) return;

                    Records.Dequeue();
                }

                var copy = new byte[record.Header.Length];
                RecordCut.Copy(record, ulong.MaxValue, copy);
                Records.Enqueue(copy);
            }
        }
    }
}
