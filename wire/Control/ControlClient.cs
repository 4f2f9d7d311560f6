using System.Collections.Concurrent;
using Grpc.Core;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>A sensor's end of the conversation about tasks with one worker. Its end is the end of every task that came
/// by it.</summary>
public sealed class ControlClient(ITaskRunner runner, TimeProvider clock)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, TaskPort> _ports = new(StringComparer.Ordinal);

    /// <summary>Attends until it is told to stop, and comes again when the call ends before that.</summary>
    public async Task RunAsync(CallInvoker invoker, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await AttendAsync(invoker, stop).ConfigureAwait(false);
            }
            catch (RpcException problem) when (problem.StatusCode == StatusCode.Unimplemented)
            {
                return; // a worker of an earlier version: it has no tasks
            }
            catch (Exception end) when (
                end is RpcException or IOException or OperationCanceledException or InvalidOperationException)
            {
                // The line's end, theirs, or ours.
            }

            await Task.Delay(s_pause, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AttendAsync(CallInvoker invoker, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var call = new Tasking.TaskingClient(invoker).Attend(cancellationToken: ending.Token);
        using var writer = new TaskWriter(call.RequestStream);
        List<Task> running = [];
        try
        {
            await writer.WriteAsync(new FromTasked { Hello = runner.Hello() }, ending.Token).ConfigureAwait(false);
            while (await call.ResponseStream.MoveNext(ending.Token).ConfigureAwait(false))
            {
                running.RemoveAll(static task => task.IsCompleted);
                if (Take(call.ResponseStream.Current, writer, ending.Token) is { } begun) running.Add(begun);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task? Take(FromTasker word, TaskWriter writer, CancellationToken ending)
    {
        switch (word.WhatCase)
        {
            case FromTasker.WhatOneofCase.Task:
                return Begin(word.Task, writer, ending);
            case FromTasker.WhatOneofCase.Credit:
                if (_ports.TryGetValue(word.Credit.Task, out var credited)) credited.Credit(word.Credit.Chunks);
                return null;
            case FromTasker.WhatOneofCase.Flows:
                if (_ports.TryGetValue(word.Flows.Task, out var growing)) growing.Add(word.Flows.Flows);
                return null;
            case FromTasker.WhatOneofCase.Cancel:
                if (_ports.TryGetValue(word.Cancel.Task, out var unwanted)) unwanted.Cancel(word.Cancel.Reason);
                return null;
            default:
                return null; // a word of a later version
        }
    }

    private Task? Begin(SensorTask task, TaskWriter writer, CancellationToken ending)
    {
        var port = new TaskPort(task, writer, clock, ending);
        if (_ports.TryAdd(task.Id, port)) return Task.Run(() => RunAsync(task, port), CancellationToken.None);

        port.Dispose();
        return null;
    }

    private async Task RunAsync(SensorTask task, TaskPort port)
    {
        TaskEnded ended;
        try
        {
            ended = await runner.RunAsync(task, port, port.Ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            ended = port.IsOutOfTime
                ? new TaskEnded { Outcome = TaskOutcome.Cut, Reason = TaskTree.OutOfTime }
                : new TaskEnded { Outcome = TaskOutcome.Cancelled, Reason = port.Reason };
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // Whatever it is, the worker must hear of it, and the other tasks go on.
            ended = new TaskEnded { Outcome = TaskOutcome.Failed, Reason = problem.Message };
        }

        _ports.TryRemove(task.Id, out _);
        ended.Task = task.Id;
        await port.EndAsync(ended).ConfigureAwait(false);
        port.Dispose();
    }
}
