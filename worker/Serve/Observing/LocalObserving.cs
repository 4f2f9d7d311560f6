using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Merge;
using NetSniff.Worker.Serve.Feed;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve.Observing;

/// <summary>What this worker alone has: the past, then what comes, without a gap or a record twice between them.
/// </summary>
internal sealed class LocalObserving(
    IRecordStore store, RecordFeed feed, ReadGate gate, IWorkerAccount account, ServeLimits limits, TimeProvider clock)
{
    public async Task RunAsync(ObserveRequest request, IAnswers<ObserveAnswer> answers, CancellationToken cancel)
    {
        var selection = ObserveSelection.Of(request);
        Check(request);
        using var follower = request.Follow ? Join(selection) : null;
        var completeness = account.Completeness(request.SinceNanos, request.UntilNanos);
        if (HasHistory(request))
        {
            completeness.IsCut = await ReadAsync(request, selection, follower, answers, cancel).ConfigureAwait(false);
        }

        // It says that the past is over, too.
        await answers.WriteAsync(new ObserveAnswer { Completeness = completeness }, cancel).ConfigureAwait(false);
        if (follower is null) return;
        if (request.Merged)
        {
            var connections = new RecordSelector(ObserveSelection.OfConnections(request));
            await new MergedFollowing(follower, connections, answers, clock).RunAsync(cancel).ConfigureAwait(false);
        }

        while (true)
        {
            var answer = await follower.NextAsync(cancel).ConfigureAwait(false);
            await answers.WriteAsync(answer, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the past is asked for: who only follows begins now.</summary>
    public static bool HasHistory(ObserveRequest request) =>
        !request.Follow || request.SinceNanos != 0 || request.Last != 0;

    public static void Check(ObserveRequest request)
    {
        Asking.CheckTimes(request.SinceNanos, request.UntilNanos);
        if (request.First != 0 && request.Last != 0) throw Asking.Wrong("first and last exclude each other");
        if (!request.Follow) return;

        if (request.UntilNanos != 0) throw Asking.Wrong("until and follow exclude each other");
        if (request.Merged && (request.SinceNanos != 0 || request.Last != 0))
        {
            throw Asking.Wrong("who follows connections begins now: a view of the past and one that comes are not merged");
        }

        if (request.First != 0) throw Asking.Wrong("first and follow exclude each other: last goes on where it ends");
    }

    /// <summary>Flow records to read for so many connections: most are seen by a few interfaces.</summary>
    private static int ViewsOf(int connections)
    {
        const int PerConnection = 16;
        const int Least = 4096;
        return (int)Math.Clamp((long)connections * PerConnection, Least, new MergeOptions().HeldMax);
    }

    private Follower Join(ObserveSelection selection) => feed.Follow(selection)
        ?? throw new RpcException(new Status(
            StatusCode.ResourceExhausted, $"there are {limits.FollowersMax} followers already"));

    private async Task<bool> ReadAsync(
        ObserveRequest request, ObserveSelection selection, Follower? follower, IAnswers<ObserveAnswer> answers,
        CancellationToken cancel)
    {
        var asked = Math.Max(request.First, request.Last);
        var most = asked == 0 ? limits.RecordsMax : (int)Math.Min(asked, (uint)limits.RecordsMax);
        var query = new RecordQuery
        {
            Kinds = selection.KindNames,
            Where = selection.Where.Length == 0 ? null : selection.Where,
            SinceNanos = request.SinceNanos,
            UntilNanos = request.UntilNanos,
            CountMax = request.Merged ? ViewsOf(most) : most,
            IsLast = request.Last != 0,
            Seen = follower is null ? null : follower.Knows,
        };
        using var place = await gate.EnterAsync(cancel).ConfigureAwait(false);
        var chosen = request.Merged ? ObserveSelection.OfConnections(request) : selection;
        var pump = new HistoryPump(store, query, new RecordSelector(chosen)) { ConnectionsMax = request.Merged ? most : 0 };
        var isCut = await pump.RunAsync(answers, cancel).ConfigureAwait(false);
        // As many as were asked for is no cut, unless that was more than anybody gets.
        return isCut && (asked == 0 || asked > limits.RecordsMax);
    }
}
