using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve;

/// <summary>The gRPC face of the desk.</summary>
internal sealed class QueryService(QueryDesk desk) : Query.QueryBase
{
    /// <summary>HTTP/2's ENHANCE_YOUR_CALM, which gRPC reads as RESOURCE_EXHAUSTED.</summary>
    private const int EnhanceYourCalm = 0xb;

    public override Task Observe(
        ObserveRequest request, IServerStreamWriter<ObserveAnswer> responseStream, ServerCallContext context)
    {
        TimeSpan? longest = request.Follow ? null : desk.Limits.CallDefault;
        var answers = new StreamAnswers<ObserveAnswer>(responseStream);
        return AnswerAsync(context, longest, cancel => desk.ObserveAsync(request, answers, cancel));
    }

    private async Task AnswerAsync(ServerCallContext context, TimeSpan? longest, Func<CancellationToken, Task> answer)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, desk.Ending);
        if (longest is { } length && context.Deadline == DateTime.MaxValue) ending.CancelAfter(length);
        try
        {
            await answer(ending.Token).ConfigureAwait(false);
        }
        catch (StalledException problem)
        {
            // What waits to be sent would hold a status up as well: the stream is reset, which needs no room.
            context.GetHttpContext().Features.Get<IHttpResetFeature>()?.Reset(EnhanceYourCalm);
            throw new RpcException(new Status(StatusCode.ResourceExhausted, problem.Message));
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(desk.Ending.IsCancellationRequested
                ? new Status(StatusCode.Unavailable, "this worker leaves")
                : new Status(StatusCode.DeadlineExceeded, $"not done within {longest}"));
        }
        catch (SqlException problem)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, problem.Message));
        }
    }

    private sealed class StreamAnswers<T>(IServerStreamWriter<T> stream) : IAnswers<T>
    {
        public Task WriteAsync(T answer, CancellationToken cancel) => stream.WriteAsync(answer);
    }
}
