using Grpc.Core;

namespace NetSniff.Cli.Commands.Servers;

/// <summary>What a worker's no means to whoever typed the command.</summary>
internal static class Refusal
{
    public static int CodeOf(RpcException problem) => problem.StatusCode switch
    {
        StatusCode.InvalidArgument => ExitCode.Usage,
        StatusCode.NotFound => ExitCode.NotFound,
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => ExitCode.Forbidden,
        StatusCode.DeadlineExceeded => ExitCode.TimedOut,
        _ => ExitCode.Failed,
    };

    public static string Words(RpcException problem) => problem.StatusCode switch
    {
        StatusCode.Unauthenticated => $"the worker does not know us: {problem.Status.Detail}",
        StatusCode.PermissionDenied => $"the worker does not allow it: {problem.Status.Detail}",
        StatusCode.DeadlineExceeded => "the worker did not answer in time",
        StatusCode.Unavailable or StatusCode.Internal => $"no answer from the worker: {Reason(problem)}",
        _ => problem.Status.Detail,
    };

    /// <summary>Whether asking again may help.</summary>
    public static bool IsPassing(RpcException problem) => problem.StatusCode
        is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.ResourceExhausted
        or StatusCode.Unknown;

    /// <summary>The deepest cause says it best: `Connection refused (127.0.0.1:9465)`.</summary>
    public static string Reason(RpcException problem)
    {
        Exception? deepest = problem.Status.DebugException;
        while (deepest?.InnerException is { } inner) deepest = inner;
        return deepest?.Message ?? problem.Status.Detail;
    }
}
