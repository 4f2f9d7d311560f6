using Grpc.Core;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Hands a task of another worker on to a sensor that has its line here, and what it finds back.</summary>
internal sealed class Relaying(SensorLinks links, TaskBook book)
{
    private const uint FlowWordsMax = 1024;

    private static readonly TimeSpan s_firstMax = TimeSpan.FromSeconds(5);

    public async Task RunAsync(
        IAsyncStreamReader<RelayWord> words, Caller caller, IAnswers<FromTasked> answers, CancellationToken cancel)
    {
        var asked = await FirstAsync(words, cancel).ConfigureAwait(false);
        ITaskCall? call = null;
        var limit = TimeSpan.FromMilliseconds(Math.Max(1, asked.Task.DeadlineMs));
        // A tree of its own here: the parent is the other worker's, and its end reaches us as the end of the call.
        var node = book.Begin("", $"{caller.Name}: {asked.Sensor}", limit, why => call?.Cancel(why))
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "there are too many tasks already"));
        try
        {
            var task = asked.Task.Clone();
            task.Id = node.Id;
            call = links.Find(asked.Sensor)?.Start(task)
                ?? throw new RpcException(new Status(StatusCode.NotFound, TaskTree.WentAway));
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var growing = AddAsync(words, call, ending.Token);
            while (await call.ReadAsync(cancel).ConfigureAwait(false) is { } word)
            {
                if (word.WhatCase == FromTasked.WhatOneofCase.Ended)
                {
                    book.End(node.Id, word.Ended.Outcome, word.Ended.Reason);
                }

                await answers.WriteAsync(word, cancel).ConfigureAwait(false);
            }

            await ending.CancelAsync().ConfigureAwait(false);
            await growing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            book.Close(node.Id, "the worker that asked went away");
            call?.Dispose();
        }
    }

    private static async Task<RelayTask> FirstAsync(IAsyncStreamReader<RelayWord> words, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_firstMax);
        var hasFirst = await words.MoveNext(limit.Token).ConfigureAwait(false);
        if (!hasFirst || words.Current.Task is not { Task: not null } asked || asked.FlowWords > FlowWordsMax)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "a task comes first"));
        }

        for (var left = asked.FlowWords; left > 0; left--)
        {
            if (!await words.MoveNext(limit.Token).ConfigureAwait(false) || words.Current.Flows is null
                || asked.Task.Cut is null)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "its flows come next"));
            }

            asked.Task.Cut.Flows.AddRange(words.Current.Flows.Flows);
        }

        return asked;
    }

    private static async Task AddAsync(IAsyncStreamReader<RelayWord> words, ITaskCall call, CancellationToken ending)
    {
        while (await words.MoveNext(ending).ConfigureAwait(false))
        {
            if (words.Current.Flows is { } more) call.Add(more.Flows);
        }
    }
}
