using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using NetSniff.Cli.Commands.Servers;

namespace NetSniff.Tests.Cli.Commands.Servers;

public sealed class RefusalTests
{
    public static TheoryData<Exception, string> Causes => new()
    {
        { new SocketException((int)SocketError.ConnectionRefused), "nothing listens there" },
        { new SocketException((int)SocketError.HostNotFound), "nobody knows that name" },
        { new HttpIOException(HttpRequestError.ResponseEnded, "x"), "it hung up" },
        { new AuthenticationException("errors in the certificate chain: PartialChain"), "--ca FILE" },
        { new AuthenticationException("errors in the certificate chain: NotTimeValid"), "has expired" },
        { new AuthenticationException("invalid: RemoteCertificateNameMismatch"), "made out to another name" },
        { new AuthenticationException("Cannot determine the frame size"), "does not speak TLS" },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void Why_no_answer_came_is_said_with_what_helps(Exception cause, string said)
    {
        var problem = new RpcException(new Status(
            StatusCode.Unavailable, "Error starting gRPC call.", new HttpRequestException("outer", cause)));
        Assert.StartsWith("no answer from the worker: ", Refusal.Words(problem), StringComparison.Ordinal);
        Assert.Contains(said, Refusal.Words(problem), StringComparison.Ordinal);
    }
}
