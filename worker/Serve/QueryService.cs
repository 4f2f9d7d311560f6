using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Authorizing;
using NetSniff.Worker.Serve.Cutting;

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
        return AnswerAsync(context, longest, cancel => desk.ObserveAsync(request, CallerOf(context), answers, cancel));
    }

    public override async Task<AggregateAnswer> Aggregate(AggregateRequest request, ServerCallContext context)
    {
        AggregateAnswer? answer = null;
        await AnswerAsync(
            context, desk.Limits.CallDefault,
            async cancel => answer = await desk.AggregateAsync(request, CallerOf(context), cancel)
                .ConfigureAwait(false)).ConfigureAwait(false);
        return answer!;
    }

    public override Task Sql(
        SqlRequest request, IServerStreamWriter<SqlAnswer> responseStream, ServerCallContext context)
    {
        var answers = new StreamAnswers<SqlAnswer>(responseStream);
        // The statement has a time of its own; this is for who reads the rows slowly.
        var longest = desk.Limits.SqlMax + desk.Limits.CallDefault;
        return AnswerAsync(context, longest, cancel => desk.SqlAsync(request, CallerOf(context), answers, cancel));
    }

    public override async Task<StatusAnswer> Status(StatusRequest request, ServerCallContext context)
    {
        StatusAnswer? answer = null;
        await AnswerAsync(
            context, desk.Limits.CallDefault,
            async cancel => answer = await desk.StatusAsync(request, CallerOf(context), cancel).ConfigureAwait(false))
            .ConfigureAwait(false);
        return answer!;
    }

    public override Task Packets(
        PacketsRequest request, IServerStreamWriter<PacketsAnswer> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var answers = new StreamAnswers<PacketsAnswer>(responseStream);
        return AnswerAsync(
            context, longest: null,
            cancel => desk.PacketsAsync(request, Caller.Of(http), ConnectionOf(http), answers, cancel));
    }

    public override Task Keep(
        KeepRequest request, IServerStreamWriter<KeepAnswer> responseStream, ServerCallContext context)
    {
        var answers = new StreamAnswers<KeepAnswer>(responseStream);
        return AnswerAsync(
            context, longest: null, cancel => desk.KeepAsync(request, CallerOf(context), answers, cancel));
    }

    public override Task Fetch(
        FetchRequest request, IServerStreamWriter<FetchAnswer> responseStream, ServerCallContext context)
    {
        var answers = new StreamAnswers<FetchAnswer>(responseStream);
        return AnswerAsync(
            context, longest: null, cancel => desk.FetchAsync(request, CallerOf(context), answers, cancel));
    }

    public override async Task<ForgetAnswer> Forget(ForgetRequest request, ServerCallContext context)
    {
        ForgetAnswer? answer = null;
        await AnswerAsync(
            context, desk.Limits.CallDefault,
            async cancel => answer = await desk.ForgetAsync(request, cancel).ConfigureAwait(false))
            .ConfigureAwait(false);
        return answer!;
    }

    public override Task Depth(
        DepthRequest request, IServerStreamWriter<DepthAnswer> responseStream, ServerCallContext context)
    {
        var caller = CallerOf(context);
        var answers = new StreamAnswers<DepthAnswer>(responseStream);
        return AnswerAsync(context, longest: null, cancel => desk.DepthAsync(request, caller, answers, cancel));
    }

    public override Task Relay(
        IAsyncStreamReader<RelayWord> requestStream, IServerStreamWriter<FromTasked> responseStream,
        ServerCallContext context)
    {
        var caller = CallerOf(context);
        var answers = new StreamAnswers<FromTasked>(responseStream);
        return AnswerAsync(
            context, longest: null, cancel => desk.RelayAsync(requestStream, caller, answers, cancel));
    }

    private static Caller CallerOf(ServerCallContext context) => Caller.Of(context.GetHttpContext());

    private static FlowName? ConnectionOf(HttpContext http) =>
        http.Connection is { RemoteIpAddress: { } remote, LocalIpAddress: { } local } line
            ? FlowName.OfTcp(new IPEndPoint(remote, line.RemotePort), new IPEndPoint(local, line.LocalPort))
            : null;

    private async Task AnswerAsync(ServerCallContext context, TimeSpan? longest, Func<CancellationToken, Task> answer)
    {
        var revoked = CallerOf(context).Revoked;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, desk.Ending, revoked);
        if (longest is { } length && context.Deadline == DateTime.MaxValue) ending.CancelAfter(length);
        try
        {
            await answer(ending.Token).ConfigureAwait(false);
        }
        catch (StalledException problem)
        {
            // What waits to be sent would hold a status up as well: the stream is reset, which needs no room.
            context.GetHttpContext().Features.Get<IHttpResetFeature>()?.Reset(EnhanceYourCalm);
            throw new RpcException(new Grpc.Core.Status(StatusCode.ResourceExhausted, problem.Message));
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(revoked.IsCancellationRequested
                ? new Grpc.Core.Status(StatusCode.PermissionDenied, Missing.Revoked)
                : desk.Ending.IsCancellationRequested
                ? new Grpc.Core.Status(StatusCode.Unavailable, "this worker leaves")
                : new Grpc.Core.Status(StatusCode.DeadlineExceeded, $"not done within {longest}"));
        }
        catch (Exception problem) when (problem is not RpcException && Problems.StatusOf(problem) is not null)
        {
            throw new RpcException(Problems.StatusOf(problem)!.Value);
        }
    }

    private sealed class StreamAnswers<T>(IServerStreamWriter<T> stream) : IAnswers<T>
    {
        // A write that is given up would abort the call, and with it the status that says why.
        public Task WriteAsync(T answer, CancellationToken cancel) =>
            stream.WriteAsync(answer, CancellationToken.None);
    }
}
