using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Plugin;
using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>Passes the page's questions on to a worker: with our proof of who asks, and nothing else of what the browser
/// sent but path and parameters.</summary>
/// <remarks>A connection that breaks is made anew, perhaps to another worker, and what has no answer yet is asked once
/// more.</remarks>
internal sealed class WorkerRelay(QueryEndpoint endpoint) : IDisposable
{
    /// <summary>Whom an answer is from.</summary>
    public const string WorkerHeader = "x-netsniff-worker";

    /// <summary>Questions on their way to the worker at a time.</summary>
    private const int CallsMax = 24;

    private const int TriesMax = 2;

    /// <summary>More than a worker's own patience.</summary>
    private static readonly TimeSpan s_answerMax = TimeSpan.FromSeconds(150);

    private static readonly string[] s_paths = ["/api/v1/records", "/api/v1/aggregate", "/api/v1/status"];

    private readonly HttpClient _client = new(QueryChannel.HandlerTo(endpoint))
    {
        DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly SemaphoreSlim _room = new(CallsMax);

    public static bool Knows(string path) => s_paths.Contains(path, StringComparer.Ordinal);

    public async Task PassAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(s_answerMax);
        var isIn = false;
        try
        {
            await _room.WaitAsync(limit.Token).ConfigureAwait(false);
            isIn = true;
            using var answer = await AskAsync(context.Request, limit.Token).ConfigureAwait(false);
            await HandOnAsync(answer, context.Response, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The page asks for something else by now.
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or OperationCanceledException)
        {
            // Half an answer must not look like a whole one.
            if (context.Response.HasStarted) context.Abort();
            else await ProblemAsync(context, problem).ConfigureAwait(false);
        }
        finally
        {
            if (isIn) _room.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _room.Dispose();
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequest asked, CancellationToken cancel)
    {
        for (var tried = 1; ; tried++)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, $"https://{endpoint.Address}{asked.Path}{asked.QueryString}");
            var token = endpoint.Route is { } route
                ? await route.TokenAsync(cancel).ConfigureAwait(false) : endpoint.Token;
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            if (endpoint.Namespaces.Count > 0)
            {
                request.Headers.Add(QueryChannel.NamespacesHeader, string.Join(',', endpoint.Namespaces));
            }

            try
            {
                return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel)
                    .ConfigureAwait(false);
            }
            catch (HttpRequestException problem) when (tried < TriesMax && KubeRefusal.In(problem) is null)
            {
                // The connection had ended, and the next one may lead to a worker that is there.
            }
        }
    }

    private async Task HandOnAsync(HttpResponseMessage answer, HttpResponse response, CancellationToken cancel)
    {
        response.StatusCode = (int)answer.StatusCode;
        response.ContentType = answer.Content.Headers.ContentType?.ToString() ?? "application/octet-stream";
        response.Headers[WorkerHeader] = endpoint.Title;
        await answer.Content.CopyToAsync(response.Body, cancel).ConfigureAwait(false);
    }

    private static Task ProblemAsync(HttpContext context, Exception problem)
    {
        var (status, title) = problem is OperationCanceledException
            ? (StatusCodes.Status504GatewayTimeout, "DeadlineExceeded")
            : (StatusCodes.Status503ServiceUnavailable, "Unreachable");
        var words = KubeRefusal.In(problem)?.Message ?? Refusal.Reason(problem) ?? "no answer";
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new UiProblem("about:blank", title, status, words), UiJson.Default.UiProblem);
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
