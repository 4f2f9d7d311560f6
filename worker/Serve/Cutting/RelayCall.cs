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
        _words.Writer.TryWrite(new RelayWord { Task = new RelayTask { Sensor = sensor, Task = task } });
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
        var word = new TaskFlows { Task = _task };
        word.Flows.AddRange(flows);
        _words.Writer.TryWrite(new RelayWord { Flows = word });
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
