using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NetSniff.Json;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Worker.Serve.Http;

/// <summary>The HTTP face of the desk: parameters in, JSON out, errors as problem+json.</summary>
internal sealed class QueryApi(QueryDesk desk, TimeProvider clock)
{
    private int _streams;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/records", RecordsAsync);
        routes.MapGet("/api/v1/aggregate", AggregateAsync);
        routes.MapGet("/api/v1/sql", SqlAsync);
        routes.MapPost("/api/v1/sql", SqlAsync);
        routes.MapGet("/api/v1/status", StatusAsync);
        routes.MapGet(AskedPaths.FindingFile, FileAsync);
        routes.MapGet(AskedPaths.SessionFile, FileAsync);
        routes.MapFallback(static context => Refusals.WriteAsync(
            context, StatusCode.NotFound, "there are /api/v1/records, aggregate, sql, status, captures and sessions"));
    }

    private Task RecordsAsync(HttpContext context) => AnswerAsync(context, async (stream, cancel) =>
    {
        var asked = new AskedParameters(
            context.Request, clock, "kind", "where", "since", "until", "first", "last", "follow", "fields", "merged",
            "local", AskedPaths.NamespaceParameter);
        var request = new ObserveRequest
        {
            Where = asked.Text("where"), SinceNanos = asked.Time("since"), UntilNanos = asked.Time("until"),
            First = asked.Count("first"), Last = asked.Count("last"), Follow = asked.Flag("follow"),
            Merged = asked.Flag("merged"), Local = asked.Flag("local"),
        };
        request.Kinds.AddRange(asked.List("kind"));
        request.Fields.AddRange(asked.List("fields"));
        if (!request.Follow) cancel.CancelAfter(desk.Limits.CallDefault);
        await desk.ObserveAsync(request, Caller.Of(context), new RecordLines(stream), cancel.Token)
            .ConfigureAwait(false);
    });

    private Task SqlAsync(HttpContext context) => AnswerAsync(context, async (stream, cancel) =>
    {
        var asked = new AskedParameters(
            context.Request, clock, "q", "rows", "timeout", "local", AskedPaths.NamespaceParameter);
        var text = asked.Text("q");
        if (HttpMethods.IsPost(context.Request.Method))
        {
            using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
            text = await body.ReadToEndAsync(cancel.Token).ConfigureAwait(false);
        }

        var request = new SqlRequest
        {
            Sql = text, RowsMax = asked.Count("rows"), Local = asked.Flag("local"),
            TimeoutMs = (uint)Math.Min(asked.Length("timeout") / 1_000_000, uint.MaxValue),
        };
        cancel.CancelAfter(desk.Limits.SqlMax + desk.Limits.CallDefault);
        await desk.SqlAsync(request, Caller.Of(context), new SqlLines(stream), cancel.Token).ConfigureAwait(false);
    });

    private Task AggregateAsync(HttpContext context) => AnswerAsync(context, async (stream, cancel) =>
    {
        var asked = new AskedParameters(
            context.Request, clock, "kind", "where", "since", "until", "by", "measure", "bucket", "heat", "top",
            "local", AskedPaths.NamespaceParameter);
        var request = new AggregateRequest
        {
            Kind = asked.Text("kind"), Where = asked.Text("where"), SinceNanos = asked.Time("since"),
            UntilNanos = asked.Time("until"), BucketNanos = asked.Length("bucket"), Heat = asked.Text("heat"),
            Top = asked.Count("top"), Local = asked.Flag("local"),
        };
        request.By.AddRange(asked.List("by"));
        request.Measures.AddRange(asked.List("measure"));
        cancel.CancelAfter(desk.Limits.CallDefault);
        var answer = await desk.AggregateAsync(request, Caller.Of(context), cancel.Token).ConfigureAwait(false);
        await DocumentAsync(context, json => AnswerJson.Write(json, request, answer)).ConfigureAwait(false);
    });

    private Task StatusAsync(HttpContext context) => AnswerAsync(context, async (stream, cancel) =>
    {
        var asked = new AskedParameters(context.Request, clock, "local", AskedPaths.NamespaceParameter);
        cancel.CancelAfter(desk.Limits.CallDefault);
        var request = new StatusRequest { Local = asked.Flag("local") };
        var answer = await desk.StatusAsync(request, Caller.Of(context), cancel.Token).ConfigureAwait(false);
        await DocumentAsync(context, json => AnswerJson.Write(json, answer)).ConfigureAwait(false);
    });

    /// <summary>A capture file that some worker keeps.</summary>
    private Task FileAsync(HttpContext context) => AnswerAsync(context, async (_, cancel) =>
    {
        var asked = new AskedParameters(context.Request, clock, AskedPaths.NamespaceParameter, "local");
        string Value(string name) => context.GetRouteValue(name) as string ?? "";
        var request = new FetchRequest { Finding = Value("finding"), Local = asked.Flag("local") };
        if (request.Finding.Length == 0)
        {
            (request.Session, request.Name) = ($"{Value("namespace")}/{Value("name")}", Value("file"));
        }

        await desk.FetchAsync(request, Caller.Of(context), new FileBody(context), cancel.Token).ConfigureAwait(false);
    });

    private static Task DocumentAsync(HttpContext context, Action<JsonLine> write)
    {
        using var page = new MemoryStream();
        var buffer = new OutputBuffer(page);
        var json = new JsonLine(buffer);
        write(json);
        json.End();
        buffer.Flush();
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(page.ToArray(), context.RequestAborted).AsTask();
    }

    private async Task AnswerAsync(HttpContext context, Func<JsonStream, CancellationTokenSource, Task> answer)
    {
        if (Interlocked.Increment(ref _streams) > desk.Limits.JsonStreamsMax)
        {
            Interlocked.Decrement(ref _streams);
            var detail = $"{desk.Limits.JsonStreamsMax} answers are being written as JSON already; gRPC takes more";
            await Refusals.WriteAsync(context, StatusCode.ResourceExhausted, detail).ConfigureAwait(false);
            return;
        }

        var revoked = Caller.Of(context).Revoked;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, desk.Ending, revoked);
        using var stream = new JsonStream(context);
        try
        {
            await answer(stream, cancel).ConfigureAwait(false);
        }
        catch (StalledException)
        {
            // Who does not read will not read why.
            context.Abort();
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await (revoked.IsCancellationRequested
                ? stream.FailAsync(StatusCode.PermissionDenied, Missing.Revoked)
                : desk.Ending.IsCancellationRequested
                ? stream.FailAsync(StatusCode.Unavailable, "this worker leaves")
                : stream.FailAsync(StatusCode.DeadlineExceeded, "not done in time")).ConfigureAwait(false);
        }
        catch (BadHttpRequestException problem)
        {
            await stream.FailAsync(StatusCode.InvalidArgument, problem.Message).ConfigureAwait(false);
        }
        catch (Exception problem)
            when (!context.RequestAborted.IsCancellationRequested && Problems.StatusOf(problem) is not null)
        {
            var status = Problems.StatusOf(problem)!.Value;
            await stream.FailAsync(status.StatusCode, status.Detail).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }
}
