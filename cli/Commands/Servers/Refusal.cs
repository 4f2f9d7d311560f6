using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Commands.Servers;

/// <summary>What a worker's no means to whoever typed the command, and what helps.</summary>
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
        StatusCode.Unauthenticated =>
            $"the worker does not know us: {problem.Status.Detail}; --token-file or --cert says who we are",
        StatusCode.PermissionDenied => $"the worker does not allow it: {problem.Status.Detail}",
        StatusCode.DeadlineExceeded when problem.Status.Detail.StartsWith("the ", StringComparison.Ordinal) =>
            problem.Status.Detail,
        StatusCode.DeadlineExceeded => "the worker did not answer in time; `netsniff status` tells how it is",
        StatusCode.Unavailable or StatusCode.Internal => $"no answer from the worker: {Reason(problem)}",
        _ => problem.Status.Detail,
    };

    /// <summary>Whether asking again may help.</summary>
    public static bool IsPassing(RpcException problem) => problem.StatusCode
        is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.ResourceExhausted
        or StatusCode.Unknown;

    /// <summary>Why no answer came, and what to do about it. The deepest cause says it best.</summary>
    public static string Reason(RpcException problem) =>
        Reason(problem.Status.DebugException) ?? problem.Status.Detail;

    /// <summary>The same of any failure; null where there is none.</summary>
    public static string? Reason(Exception? deepest)
    {
        while (deepest?.InnerException is { } inner) deepest = inner;
        return deepest switch
        {
            AuthenticationException untrusted => Untrusted(untrusted.Message),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
                "nothing listens there; is the worker running, and is this its query port "
                + $"({QueryEndpoint.PortDefault} unless told otherwise)? `netsniff up` starts one here",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain } =>
                "nobody knows that name; --server is HOST:PORT",
            SocketException { SocketErrorCode: SocketError.TimedOut } or TaskCanceledException
                or OperationCanceledException => "it cannot be reached in time; is the way to it open?",
            HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } =>
                "it hung up; it was ended, or it does not speak our protocol on this port",
            IOException { InnerException: null } odd when odd.Message.Contains("frame", StringComparison.Ordinal) =>
                "what listens there does not speak TLS; is this the worker's query port?",
            _ => deepest?.Message,
        };
    }

    /// <summary>.NET names the errors of the chain in its message and nowhere else.</summary>
    private static string Untrusted(string message)
    {
        if (message.Contains(nameof(SslPolicyErrors.RemoteCertificateNameMismatch), StringComparison.Ordinal))
        {
            return "its certificate is made out to another name; ask it by that name in --server";
        }

        if (message.Contains("NotTimeValid", StringComparison.Ordinal))
        {
            return "its certificate has expired, or is not valid yet; or one of the clocks is wrong";
        }

        return message.Contains("chain", StringComparison.OrdinalIgnoreCase)
            ? "its certificate is signed by nobody this machine trusts; --ca FILE names who signed it "
                + "(ca.crt of `netsniff certificates`, DATA/tls/ca.crt of `netsniff up`)"
            : message.Contains("frame", StringComparison.Ordinal)
                ? "what listens there does not speak TLS; is this the worker's query port?"
                : message;
    }
}
