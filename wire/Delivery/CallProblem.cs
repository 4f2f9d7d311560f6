using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace NetSniff.Wire.Delivery;

/// <summary>Why a call ended early, for people.</summary>
internal static class CallProblem
{
    /// <summary>The other end, the line, or our own stop; anything else is a mistake of ours.</summary>
    public static bool IsOfTheWorld(Exception problem) => problem is RpcException or IOException
        or HttpRequestException or SocketException or OperationCanceledException or InvalidOperationException;

    /// <param name="whose">Whose name the other's certificate must have: `the worker's`.</param>
    public static string Words(Exception problem, string whose)
    {
        if (problem is not RpcException rpc) return problem.Message;

        // What gRPC says is names of exceptions; the innermost says it best.
        var deepest = rpc.Status.DebugException;
        while (deepest?.InnerException is { } inner) deepest = inner;
        return deepest switch
        {
            null => $"{rpc.StatusCode}: {rpc.Status.Detail}",
            // .NET says this of a certificate that our own callback refused, and not why.
            AuthenticationException { InnerException: null } no
                when no.Message.Contains("ValidationCallback", StringComparison.Ordinal) =>
                $"its certificate is of another authority, or not made out to {whose} name",
            _ => deepest.Message,
        };
    }
}
