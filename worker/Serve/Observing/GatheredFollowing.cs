using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>Passes on what comes from every worker, and says when one goes and when it is back.</summary>
internal sealed class GatheredFollowing(
    GatheredObserving gathering, ObserveRequest request, IAnswers<ObserveAnswer> answers, ServeLimits limits,
    Completeness completeness) : IDisposable
{
    private readonly SemaphoreSlim _pen = new(1);

    public async Task RunAsync(
        IReadOnlyList<BatchSource> sources, IReadOnlyList<WorkerMember> others, CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        List<Task> all = [PassAsync(sources[0].Worker, sources[0].Answers, ending.Token)];
        for (var index = 0; index < others.Count; index++)
        {
            all.Add(StayWithAsync(others[index], sources[index + 1], ending.Token));
        }

        // The first to end ends all: our own part never does by itself, nor do we give up on others.
        var first = await Task.WhenAny(all).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    public void Dispose() => _pen.Dispose();

    private async Task StayWithAsync(WorkerMember member, BatchSource source, CancellationToken cancel)
    {
        var live = source.Problem is null ? source.Answers : null;
        while (true)
        {
            try
            {
                if (live is not null) await PassAsync(member.Name, live, cancel).ConfigureAwait(false);
                await TellAsync(() => Leaves(member.Name, "the answer ended"), cancel).ConfigureAwait(false);
            }
            catch (Exception problem)
                when (problem is RpcException or TimeoutException && !cancel.IsCancellationRequested)
            {
                await TellAsync(() => Leaves(member.Name, FanOut.Why(problem)), cancel).ConfigureAwait(false);
            }

            if (live is not null && !ReferenceEquals(live, source.Answers))
            {
                await live.DisposeAsync().ConfigureAwait(false);
            }

            await Task.Delay(limits.MemberPause, cancel).ConfigureAwait(false);
            // From now on: what came in between is told as the past of those who ask for it.
            var again = request.Clone();
            again.SinceNanos = again.Last = 0;
            live = gathering.TheirsAsync(member, again, cancel).GetAsyncEnumerator(cancel);
        }
    }

    private async Task PassAsync(string worker, IAsyncEnumerator<ObserveAnswer> live, CancellationToken cancel)
    {
        while (await live.MoveNextAsync().ConfigureAwait(false))
        {
            var answer = live.Current;
            if (answer.WhatCase != ObserveAnswer.WhatOneofCase.Completeness)
            {
                await WriteAsync(answer, cancel).ConfigureAwait(false);
                continue;
            }

            // It has joined, again perhaps.
            await TellAsync(() => Returns(worker), cancel).ConfigureAwait(false);
        }
    }

    private bool Leaves(string worker, string why)
    {
        if (completeness.Absent.Any(absence => absence.Worker == worker)) return false;

        completeness.Absent.Add(new Absence { Worker = worker, Why = why });
        return true;
    }

    private bool Returns(string worker)
    {
        var absence = completeness.Absent.FirstOrDefault(absence => absence.Worker == worker);
        return absence is not null && completeness.Absent.Remove(absence);
    }

    private async Task TellAsync(Func<bool> change, CancellationToken cancel)
    {
        ObserveAnswer? answer = null;
        lock (completeness)
        {
            if (change()) answer = new ObserveAnswer { Completeness = completeness.Clone() };
        }

        if (answer is not null) await WriteAsync(answer, cancel).ConfigureAwait(false);
    }

    private async Task WriteAsync(ObserveAnswer answer, CancellationToken cancel)
    {
        await _pen.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await answers.WriteAsync(answer, cancel).ConfigureAwait(false);
        }
        finally
        {
            _pen.Release();
        }
    }
}
