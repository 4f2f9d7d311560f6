using System.Threading.Channels;
using Google.Protobuf;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>Reads the store on a thread of the pool and hands batches to whoever sends them, a few ahead of it.
/// </summary>
internal sealed class HistoryPump(IRecordStore store, RecordQuery query, RecordSelector selector)
{
    /// <summary>Batches that wait to be sent: the store is read no further until one has gone.</summary>
    private const int AheadMax = 4;

    private const int BatchBytesMax = 256 * 1024;

    private readonly Channel<ByteString> _batches =
        Channel.CreateBounded<ByteString>(new BoundedChannelOptions(AheadMax) { SingleReader = true });

    /// <summary>Flow records are merged, and so many connections are wanted; 0 for records as they are.</summary>
    public int ConnectionsMax { get; init; }

    /// <summary>Sends everything that is found.</summary>
    /// <returns>Whether a limit cut it.</returns>
    public async Task<bool> RunAsync(IAnswers<ObserveAnswer> answers, CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = Task.Run(() => Read(ending.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in _batches.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                await answers.WriteAsync(new ObserveAnswer { Batch = batch }, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            // Whoever lets go of the store's place must know that nobody is at it any more.
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await reading.ConfigureAwait(false);
    }

    private bool Read(CancellationToken cancel)
    {
        var packer = new Packer(selector, batch => Hand(batch, cancel));
        try
        {
            var window = ConnectionsMax > 0 ? new ConnectionWindow(packer, ConnectionsMax, query.IsLast) : null;
            var isCut = store.Read(query, window is null ? packer : window, cancel);
            // Enough connections out of some flow records is no cut.
            if (window is not null) isCut = window.Finish() || (isCut && packer.Count < ConnectionsMax);
            packer.Flush();
            return isCut;
        }
        finally
        {
            packer.End();
            _batches.Writer.Complete();
        }
    }

    // The store's own thread waits here, which is what slows it down to the pace of the reader.
    private void Hand(ByteString batch, CancellationToken cancel)
    {
        if (!_batches.Writer.TryWrite(batch)) _batches.Writer.WriteAsync(batch, cancel).AsTask().GetAwaiter().GetResult();
    }

    private sealed class Packer(RecordSelector selector, Action<ByteString> hand) : RecordConsumer
    {
        private readonly BatchEncoder _encoder = Encoders.Rent();
        private int _bytes;

        public long Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records))
            {
                selector.Add(_encoder, record);
                Count++;
                _bytes += record.Header.Length;
                if (_encoder.IsFull || _bytes >= BatchBytesMax) Flush();
            }
        }

        public void Flush()
        {
            if (_encoder.Count == 0) return;

            _bytes = 0;
            hand(Encoders.Finish(_encoder));
        }

        public void End() => Encoders.Return(_encoder);
    }
}
