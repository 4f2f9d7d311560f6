using Google.Protobuf;
using NetSniff.Json;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;
using NetSniff.Worker.Merge;
using NetSniff.Worker.Serve.Feed;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>Passes on connections instead of what each interface saw of them, a moment later than they came.</summary>
internal sealed class MergedFollowing(
    Follower follower, RecordSelector selector, IAnswers<ObserveAnswer> answers, TimeProvider clock)
{
    /// <summary>How often those are looked for that have waited long enough.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly LiveMerge _merge = new();
    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private readonly RecordSink _sink = new(4 * RecordSink.RecordBytesMax);
    private ulong _missed;

    public async Task RunAsync(CancellationToken cancel)
    {
        var next = follower.NextAsync(cancel);
        while (true)
        {
            await Task.WhenAny(next, Task.Delay(s_lookEvery, clock, cancel)).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            if (next.IsCompleted)
            {
                var answer = await next.ConfigureAwait(false);
                _missed += answer.Missed;
                Take(answer.Batch);
                next = follower.NextAsync(cancel);
            }

            _merge.Advance(Now(), _sink);
            if (_sink.Count == 0 && _missed == 0) continue;

            var connections = new ObserveAnswer { Missed = _missed };
            if (_sink.Count > 0) connections.Batch = selector.Encode(_sink.Bytes, out _);
            _sink.Clear();
            _missed = 0;
            await answers.WriteAsync(connections, cancel).ConfigureAwait(false);
        }
    }

    private void Take(ByteString batch)
    {
        if (!_decoder.TryRead(batch.Span)) return;

        foreach (var record in new RecordWalker(_decoder.Records)) _merge.Add(record, Now(), _sink);
    }

    private long Now() => Timestamps.Nanos(clock.GetUtcNow());
}
