using Google.Protobuf;
using NetSniff.Records;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>Puts the pasts of several workers into one, in order of time.</summary>
internal sealed class TimeMerge(IReadOnlyList<BatchSource> sources)
{
    private const int BatchRecordsMax = 4096;
    private const int BatchBytesMax = 256 * 1024;

    /// <summary>Records given out.</summary>
    public long Count { get; private set; }

    /// <summary>Hands on batches until every source has said all or so many records have gone.</summary>
    public async Task RunAsync(Func<ByteString, int, Task> hand, long most)
    {
        await Task.WhenAll(sources.Select(source => source.FillAsync())).ConfigureAwait(false);
        var encoder = Encoders.Rent();
        var bytes = 0;
        while (Count < most && Earliest() is { } source)
        {
            var record = new RecordView(source.Record);
            bytes += record.Header.Length;
            encoder.Add(record);
            Count++;
            source.Step();
            if (!source.HasRecord) await source.FillAsync().ConfigureAwait(false);
            if (encoder.Count < BatchRecordsMax && bytes < BatchBytesMax && !encoder.IsFull) continue;

            bytes = 0;
            await HandAsync().ConfigureAwait(false);
        }

        if (encoder.Count > 0) await HandAsync().ConfigureAwait(false);
        Encoders.Return(encoder);

        Task HandAsync()
        {
            var count = encoder.Count;
            return hand(Encoders.Finish(encoder), count);
        }
    }

    private BatchSource? Earliest()
    {
        BatchSource? earliest = null;
        var time = long.MaxValue;
        foreach (var source in sources)
        {
            if (!source.HasRecord) continue;

            var own = source.TimeNanos;
            if (earliest is not null && own >= time) continue;

            (earliest, time) = (source, own);
        }

        return earliest;
    }
}
