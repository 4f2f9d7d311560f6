using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>What all workers have: their pasts merged by time, then what comes from each as it comes.</summary>
internal sealed class GatheredObserving(LocalObserving local, FanOut fanOut, ServeLimits limits, string name)
{
    /// <summary>Answers of our own that wait to be merged.</summary>
    private const int AheadMax = 2;

    public async Task RunAsync(ObserveRequest request, IAnswers<ObserveAnswer> answers, CancellationToken cancel)
    {
        var others = fanOut.Others;
        if (request.Local || others.Count == 0)
        {
            await local.RunAsync(request, answers, cancel).ConfigureAwait(false);
            return;
        }

        // Refused here, rather than by everyone in turn.
        _ = ObserveSelection.Of(request);
        LocalObserving.Check(request);
        var asked = request.Clone();
        asked.Local = true;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        List<BatchSource> sources = [new(name, OwnAsync(asked, ending.Token).GetAsyncEnumerator(ending.Token))];
        sources.AddRange(others.Select(other =>
            new BatchSource(other.Name, TheirsAsync(other, asked, ending.Token).GetAsyncEnumerator(ending.Token))));
        try
        {
            var completeness = await PastAsync(request, sources, answers, cancel).ConfigureAwait(false);
            await answers.WriteAsync(new ObserveAnswer { Completeness = completeness }, cancel).ConfigureAwait(false);
            if (!request.Follow) return;

            var following = new GatheredFollowing(this, asked, answers, limits, completeness);
            await following.RunAsync(sources, others, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var source in sources) await EndAsync(source.Answers).ConfigureAwait(false);
        }
    }

    /// <summary>Asks a member; its silence counts as absence as long as it tells of the past.</summary>
    public async IAsyncEnumerable<ObserveAnswer> TheirsAsync(
        WorkerMember member, ObserveRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var call = fanOut.ClientOf(member).Observe(request, cancellationToken: cancel);
        var isPast = true;
        while (true)
        {
            var next = call.ResponseStream.MoveNext(cancel);
            if (!await (isPast ? next.WaitAsync(limits.MemberWait, cancel) : next).ConfigureAwait(false)) yield break;

            var answer = call.ResponseStream.Current;
            isPast &= answer.WhatCase != ObserveAnswer.WhatOneofCase.Completeness;
            yield return answer;
        }
    }

    private static async Task<Completeness> PastAsync(
        ObserveRequest request, List<BatchSource> sources, IAnswers<ObserveAnswer> answers, CancellationToken cancel)
    {
        var merge = new TimeMerge(sources);
        var most = request.First == 0 ? long.MaxValue : request.First;
        if (request.Last == 0)
        {
            await merge.RunAsync(
                (batch, _) => answers.WriteAsync(new ObserveAnswer { Batch = batch }, cancel), most)
                .ConfigureAwait(false);
        }
        else
        {
            var window = new LastWindow(request.Last);
            await merge.RunAsync(
                (batch, count) =>
                {
                    window.Add(batch, count);
                    return Task.CompletedTask;
                },
                most).ConfigureAwait(false);
            foreach (var batch in window.Batches())
            {
                await answers.WriteAsync(new ObserveAnswer { Batch = batch }, cancel).ConfigureAwait(false);
            }
        }

        var completeness = new Completeness();
        foreach (var source in sources)
        {
            if (source.Problem is { } problem) completeness.Miss(source.Worker, problem);
            else if (source.Completeness is { } said) completeness.Merge(said);
            // As many as were wanted had come before it was done.
            else completeness.Workers++;
        }

        return completeness;
    }

    private async IAsyncEnumerable<ObserveAnswer> OwnAsync(
        ObserveRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<ObserveAnswer>(AheadMax);
        var running = Task.Run(
            async () =>
            {
                try
                {
                    await local.RunAsync(request, new ChannelAnswers(channel.Writer), cancel).ConfigureAwait(false);
                    channel.Writer.Complete();
                }
                catch (Exception problem)
                {
                    channel.Writer.Complete(problem);
                    throw;
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (var answer in channel.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                yield return answer;
            }
        }
        finally
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task EndAsync(IAsyncEnumerator<ObserveAnswer> answers)
    {
        try
        {
            await answers.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is RpcException or OperationCanceledException)
        {
            // It ended because we ended it.
        }
    }

    private sealed class ChannelAnswers(ChannelWriter<ObserveAnswer> writer) : IAnswers<ObserveAnswer>
    {
        public Task WriteAsync(ObserveAnswer answer, CancellationToken cancel) =>
            writer.WriteAsync(answer, cancel).AsTask();
    }
}
