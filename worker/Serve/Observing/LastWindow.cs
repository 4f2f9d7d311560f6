using Google.Protobuf;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>The last so many of a row of records whose length is not known before it ends. Holds that many and a batch
/// more.</summary>
internal sealed class LastWindow(uint most)
{
    private readonly Queue<(ByteString Batch, int Count)> _batches = [];
    private long _count;

    public void Add(ByteString batch, int count)
    {
        _batches.Enqueue((batch, count));
        _count += count;
        while (_count - _batches.Peek().Count >= most) _count -= _batches.Dequeue().Count;
    }

    public IEnumerable<ByteString> Batches()
    {
        var surplus = (int)Math.Max(0, _count - most);
        foreach (var (batch, _) in _batches)
        {
            yield return surplus == 0 ? batch : Without(batch, surplus);
            surplus = 0;
        }
    }

    private static ByteString Without(ByteString batch, int first)
    {
        var decoder = new BatchDecoder { TakesPeers = true };
        decoder.TryRead(batch.Span);
        var encoder = Encoders.Rent();
        foreach (var record in new RecordWalker(decoder.Records))
        {
            if (first-- <= 0) encoder.Add(record);
        }

        var rest = Encoders.Finish(encoder);
        Encoders.Return(encoder);
        return rest;
    }
}
