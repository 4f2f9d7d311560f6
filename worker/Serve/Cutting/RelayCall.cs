using System.Threading.Channels;
using Grpc.Core;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>A task for a sensor that another worker has a line to. The call's own back-pressure is the task's.
/// </summary>
internal sealed class RelayCall : ITaskCall
{
    private const int FlowsAtOnce = 50;

    private readonly AsyncDuplexStreamingCall<RelayWord, FromTasked> _call;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RelayWord> _words = Channel.CreateUnbounded<RelayWord>();
    private readonly string _task;
    private readonly Task _writing;
    private bool _isEnded;

    public RelayCall(Query.QueryClient client, string sensor, SensorTask task)
    {
        _task = task.Id;
        _call = client.Relay(cancellationToken: _stop.Token);
        foreach (var word in Words(sensor, task)) _words.Writer.TryWrite(word);
        _writing = WriteAsync();
    }

    public async Task<FromTasked?> ReadAsync(CancellationToken cancel)
    {
        if (_isEnded) return null;

        try
        {
            if (await _call.ResponseStream.MoveNext(cancel).ConfigureAwait(false))
            {
                var word = _call.ResponseStream.Current;
                _isEnded = word.WhatCase == FromTasked.WhatOneofCase.Ended;
                return word;
            }

            return Over("the worker on the way to it went away");
        }
        catch (Exception problem) when (
            problem is RpcException or IOException && !cancel.IsCancellationRequested)
        {
            return Over($"by way of another worker: {FanOut.Why(problem)}");
        }
    }

    public void Add(IEnumerable<FlowKey> flows)
    {
        foreach (var word in Words(flows)) _words.Writer.TryWrite(word);
    }

    /// <summary>The end of the call is the end of the task.</summary>
    public void Cancel(string reason) => _stop.Cancel();

    public void Dispose()
    {
        _words.Writer.TryComplete();
        _stop.Cancel();
        _call.Dispose();
        // What it waits for has ended with the call.
        _writing.ContinueWith(_ => _stop.Dispose(), TaskScheduler.Default);
    }

    /// <summary>A request of the query port is small: flows come in words of their own behind the task.</summary>
    private static IEnumerable<RelayWord> Words(string sensor, SensorTask task)
    {
        if (task.Cut is not { } cut || cut.Flows.Count <= FlowsAtOnce)
        {
            return [new RelayWord { Task = new RelayTask { Sensor = sensor, Task = task } }];
        }

        var rest = Words(cut.Flows).ToList();
        var bare = task.Clone();
        bare.Cut.Flows.Clear();
        var first = new RelayTask { Sensor = sensor, Task = bare, FlowWords = (uint)rest.Count };
        return rest.Prepend(new RelayWord { Task = first });
    }

    private static IEnumerable<RelayWord> Words(IEnumerable<FlowKey> flows)
    {
        foreach (var some in flows.Chunk(FlowsAtOnce))
        {
            var word = new TaskFlows();
            word.Flows.AddRange(some);
            yield return new RelayWord { Flows = word };
        }
    }

    private FromTasked Over(string why)
    {
        _isEnded = true;
        return new FromTasked
        {
            Ended = new TaskEnded { Task = _task, Outcome = TaskOutcome.Failed, Reason = why },
        };
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var word in _words.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                await _call.RequestStream.WriteAsync(word).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (
            end is RpcException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // Who reads hears of it.
        }
    }
}
