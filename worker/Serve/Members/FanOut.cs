using Grpc.Core;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Members;

/// <summary>What a member said, or why it said nothing.</summary>
internal sealed record MemberAnswer<T>(string Worker, T? Answer, string? Why) where T : class;

/// <summary>Asks the other workers the same question.</summary>
internal sealed class FanOut(IWorkerMembers? members, ServeLimits limits)
{
    public IReadOnlyList<WorkerMember> Others => members?.Others ?? [];

    public Query.QueryClient ClientOf(WorkerMember member) => members!.ClientOf(member);

    /// <summary>All at once; who has not answered in time is named.</summary>
    public Task<MemberAnswer<T>[]> AskAsync<T>(
        IReadOnlyList<WorkerMember> others, Func<Query.QueryClient, CallOptions, Task<T>> ask, TimeSpan wait,
        CancellationToken cancel)
        where T : class =>
        Task.WhenAll(others.Select(other => AskAsync(other, ask, wait, cancel)));

    public Task<MemberAnswer<T>[]> AskAsync<T>(
        IReadOnlyList<WorkerMember> others, Func<Query.QueryClient, CallOptions, Task<T>> ask, CancellationToken cancel)
        where T : class =>
        AskAsync(others, ask, limits.MemberWait, cancel);

    /// <summary>Why a member is absent, in few words.</summary>
    public static string Why(Exception problem)
    {
        if (problem is not RpcException rpc) return problem.Message;

        Exception? deepest = rpc.Status.DebugException;
        while (deepest?.InnerException is { } inner) deepest = inner;
        return rpc.StatusCode switch
        {
            StatusCode.DeadlineExceeded => "no answer in time",
            StatusCode.Unavailable or StatusCode.Internal => deepest?.Message ?? rpc.Status.Detail,
            _ => $"{rpc.StatusCode}: {rpc.Status.Detail}",
        };
    }

    private async Task<MemberAnswer<T>> AskAsync<T>(
        WorkerMember other, Func<Query.QueryClient, CallOptions, Task<T>> ask, TimeSpan wait, CancellationToken cancel)
        where T : class
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        ending.CancelAfter(wait);
        try
        {
            var options = new CallOptions(cancellationToken: ending.Token);
            return new MemberAnswer<T>(other.Name, await ask(ClientOf(other), options).ConfigureAwait(false), null);
        }
        catch (Exception) when (ending.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new MemberAnswer<T>(
                other.Name, null, FormattableString.Invariant($"no answer within {wait.TotalSeconds:0.#} s"));
        }
        catch (RpcException problem) when (!cancel.IsCancellationRequested && IsTheirs(problem))
        {
            return new MemberAnswer<T>(other.Name, null, Why(problem));
        }
    }

    /// <summary>A question that cannot be asked is not the fault of who was asked.</summary>
    private static bool IsTheirs(RpcException problem) => problem.StatusCode != StatusCode.InvalidArgument;
}

internal static class Completing
{
    /// <summary>Adds what another worker's answer lacks.</summary>
    public static void Merge(this Completeness whole, Completeness? part)
    {
        if (part is null) return;

        whole.Workers += part.Workers;
        whole.Absent.AddRange(part.Absent);
        whole.Losses.AddRange(part.Losses);
        whole.IsCut |= part.IsCut;
    }

    public static void Miss(this Completeness whole, string worker, string why)
    {
        whole.Workers++;
        whole.Absent.Add(new Absence { Worker = worker, Why = why });
    }
}
