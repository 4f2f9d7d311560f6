using Grpc.Core;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Cluster;

/// <summary>One conversation of a member with the operator. Its end is the end of every task that came by it.</summary>
internal sealed class ClusterCall(ClusterOptions options, IClusterMember member, Wakeup changed) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CancellationTokenSource> _tasks = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Wakeup _planned = new();
    private ClusterPlan? _plan;
    private string? _failure;

    /// <summary>Told once the operator has taken it in.</summary>
    public required Action Welcomed { get; init; }

    /// <returns>Why it ended.</returns>
    public async Task<string> RunAsync(CallInvoker invoker, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        silence.CancelAfter(options.GreetingMax);
        using var call = new V1.Cluster.ClusterClient(invoker).Attend(cancellationToken: silence.Token);
        List<Task> working = [SayAsync(call.RequestStream, ending.Token), FollowAsync(ending)];
        try
        {
            while (await call.ResponseStream.MoveNext(silence.Token).ConfigureAwait(false))
            {
                silence.CancelAfter(options.SilenceMax);
                working.RemoveAll(static task => task.IsCompleted);
                if (Hear(call.ResponseStream.Current, call.RequestStream, ending.Token) is { } begun)
                {
                    working.Add(begun);
                }
            }

            return "the operator ended the conversation";
        }
        catch (Exception) when (silence.IsCancellationRequested && !ending.IsCancellationRequested)
        {
            return "the operator says nothing";
        }
        catch (Exception) when (_failure is not null)
        {
            return _failure;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _planned.Dispose();
        _turn.Dispose();
    }

    private Task? Hear(FromOperator word, IClientStreamWriter<FromMember> answers, CancellationToken ending)
    {
        switch (word.WhatCase)
        {
            case FromOperator.WhatOneofCase.Welcome:
                Welcomed();
                return null;
            case FromOperator.WhatOneofCase.Plan:
                // Only the newest counts: those that come while one is put in force are one.
                Volatile.Write(ref _plan, word.Plan);
                _planned.Set();
                return null;
            case FromOperator.WhatOneofCase.Task:
                return Begin(word.Task, answers, ending);
            case FromOperator.WhatOneofCase.Cancel:
                lock (_lock)
                {
                    if (_tasks.TryGetValue(word.Cancel.Task, out var unwanted)) unwanted.Cancel();
                }

                return null;
            default:
                return null; // a beat, or a word of a later version
        }
    }

    private async Task FollowAsync(CancellationTokenSource ending)
    {
        try
        {
            while (true)
            {
                await _planned.WaitAsync(Timeout.InfiniteTimeSpan, ending.Token).ConfigureAwait(false);
                if (Interlocked.Exchange(ref _plan, null) is not { } plan) continue;

                member.Take(plan);
                changed.Set();
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException and not OperationCanceledException)
        {
            // The next conversation begins with the plan again.
            _failure = failure.Message;
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Hello, and how the member is, again and again.</summary>
    private async Task SayAsync(IClientStreamWriter<FromMember> words, CancellationToken ending)
    {
        try
        {
            await WriteAsync(words, new FromMember { Hello = member.Hello() }, ending).ConfigureAwait(false);
            while (true)
            {
                await WriteAsync(words, new FromMember { Report = member.Report() }, ending).ConfigureAwait(false);
                await Task.Delay(options.ReportSpacing, options.Clock, ending).ConfigureAwait(false);
                await changed.WaitAsync(options.ReportEvery, ending).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (CallProblem.IsOfTheWorld(end))
        {
            // The reader knows better why.
        }
    }

    private Task? Begin(ClusterTask task, IClientStreamWriter<FromMember> answers, CancellationToken ending)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(ending);
        bool hasRoom;
        lock (_lock) hasRoom = _tasks.Count < ClusterLimits.TasksMax && _tasks.TryAdd(task.Id, cancel);
        if (!hasRoom)
        {
            cancel.Dispose();
            return AnswerAsync(answers, task.Id, $"{ClusterLimits.TasksMax} tasks run on this member already", ending);
        }

        var time = TimeSpan.FromMilliseconds(
            Math.Clamp(task.DeadlineMs, 1, ClusterLimits.TaskTimeMax.TotalMilliseconds));
        cancel.CancelAfter(time);
        return Task.Run(() => RunAsync(task, cancel, answers, ending), CancellationToken.None);
    }

    private async Task RunAsync(
        ClusterTask task, CancellationTokenSource cancel, IClientStreamWriter<FromMember> answers,
        CancellationToken ending)
    {
        string? why;
        try
        {
            why = await member.RunAsync(task, cancel.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            why = "cancelled, or out of time";
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // Whatever it is, the operator must hear of it, and the other tasks go on.
            why = problem.Message;
        }

        lock (_lock)
        {
            _tasks.Remove(task.Id);
            cancel.Dispose();
        }

        await AnswerAsync(answers, task.Id, why, ending).ConfigureAwait(false);
    }

    private async Task AnswerAsync(
        IClientStreamWriter<FromMember> answers, string id, string? why, CancellationToken ending)
    {
        var ended = new ClusterTaskEnded { Task = id, IsDone = why is null, Reason = ClusterLimits.Cut(why ?? "") };
        try
        {
            await WriteAsync(answers, new FromMember { Ended = ended }, ending).ConfigureAwait(false);
        }
        catch (Exception end) when (CallProblem.IsOfTheWorld(end))
        {
            // The line is gone, and the operator knows that.
        }
    }

    /// <summary>A stream takes one word at a time.</summary>
    private async Task WriteAsync(
        IClientStreamWriter<FromMember> words, FromMember word, CancellationToken ending)
    {
        await _turn.WaitAsync(ending).ConfigureAwait(false);
        try
        {
            // A write that is given up would break the stream.
            await words.WriteAsync(word, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }
}
