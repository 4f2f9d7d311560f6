using Grpc.Core;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve;

/// <summary>What goes wrong in a store, in the words of the wire.</summary>
internal static class Problems
{
    /// <summary>Null for what nobody expected.</summary>
    public static Status? StatusOf(Exception problem) => problem switch
    {
        RpcException said => said.Status,
        SqlException or FormatException => new Status(StatusCode.InvalidArgument, problem.Message),
        TimeoutException => new Status(StatusCode.DeadlineExceeded, problem.Message),
        IOException => new Status(StatusCode.Unavailable, problem.Message),
        _ => null,
    };
}
