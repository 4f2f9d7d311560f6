using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using NetSniff.Wire.Health.Profiling;

namespace NetSniff.Wire.Health;

/// <summary>What is answered under which path.</summary>
internal sealed class HealthPages : IDisposable
{
    private const string PlainText = "text/plain; charset=utf-8";
    private const string DebugPrefix = "/debug/";

    private readonly HealthBoard _board;
    private readonly HealthOptions _options;
    private readonly Dictionary<string, Func<HttpContext, Task>> _routes;
    private readonly FlameGraphPage _flameGraph;

    public HealthPages(HealthBoard board, HealthOptions options)
    {
        (_board, _options, _flameGraph) = (board, options, new FlameGraphPage(board));
        _routes = new(StringComparer.Ordinal)
        {
            ["/"] = IndexAsync,
            ["/livez"] = context => CheckAsync(context, LoopLines, board.IsLive),
            ["/readyz"] = context => CheckAsync(context, ConditionLines, board.IsReady),
            ["/healthz"] = context => CheckAsync(
                context, () => [.. LoopLines(), .. ConditionLines()], board.IsLive && board.IsReady),
            ["/metrics"] = context => WriteAsync(
                context, StatusCodes.Status200OK, PrometheusText.ContentType, PrometheusText.Write(board.Scrape())),
            ["/debug/vars"] = context => WriteAsync(
                context, StatusCodes.Status200OK, "application/json; charset=utf-8", DebugVars.Write(board)),
            ["/debug/flamegraph"] = _flameGraph.AnswerAsync,
        };
    }

    public void Dispose() => _flameGraph.Dispose();

    public Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return SayAsync(context, StatusCodes.Status405MethodNotAllowed, "GET and HEAD only");
        }

        var path = request.Path.Value ?? "/";
        if (!_routes.TryGetValue(path, out var answer))
        {
            return SayAsync(context, StatusCodes.Status404NotFound, "not here; / tells what is");
        }

        return path.StartsWith(DebugPrefix, StringComparison.Ordinal) && RefusalOf(context) is { } why
            ? SayAsync(context, StatusCodes.Status403Forbidden, why)
            : answer(context);
    }

    /// <summary>Why this caller may not look inside, or null.</summary>
    private string? RefusalOf(HttpContext context)
    {
        switch (_options.Debug)
        {
            case DebugAccess.Anyone: return null;
            case DebugAccess.Nobody: return "debug pages are off";
        }

        // The name too: a page in a browser on this machine may have its own name lead here.
        var host = context.Request.Host.Host;
        var isLocal = context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
            && (host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)));
        return isLocal ? null : "debug pages are for callers on this machine: http://localhost:PORT/debug/…";
    }

    private Task IndexAsync(HttpContext context) => SayAsync(
        context, StatusCodes.Status200OK,
        $"netsniff {_board.Program} {_board.Version}\n" + string.Join('\n', _routes.Keys.Skip(1)));

    /// <summary>`ok`, or what is not; everything with ?verbose.</summary>
    private static Task CheckAsync(
        HttpContext context, Func<IReadOnlyList<(bool IsGood, string Text)>> lines, bool isGood)
    {
        var isVerbose = context.Request.Query.ContainsKey("verbose");
        var told = lines().Where(line => isVerbose || !line.IsGood).ToList();
        var text = new StringBuilder();
        foreach (var (good, line) in told) text.Append(good ? "[+]" : "[-]").Append(line).Append('\n');
        text.Append(isGood ? "ok" : told.Count == 0 ? "not ready: nothing has said that it is" : "failed");
        var status = isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return SayAsync(context, status, text.ToString());
    }

    private IReadOnlyList<(bool IsGood, string Text)> LoopLines() =>
        [.. _board.Loops.Select(loop => (loop.IsAlive, $"{loop.Name}: last went round {Seconds(loop.Age)} ago, "
            + $"{Seconds(loop.AgeMax)} are allowed"))];

    private IReadOnlyList<(bool IsGood, string Text)> ConditionLines() =>
        [.. _board.Conditions.Select(condition => (condition.State.Holds, TextOf(condition)))];

    private static string TextOf(Condition condition)
    {
        var (_, reason, text) = condition.State;
        return text.Length == 0 ? $"{condition.Name}: {reason}" : $"{condition.Name}: {reason}, {text}";
    }

    private static string Seconds(TimeSpan span) =>
        span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    public static Task SayAsync(HttpContext context, int status, string text) =>
        WriteAsync(context, status, PlainText, text + "\n");

    public static Task WriteAsync(HttpContext context, int status, string type, string text)
    {
        var response = context.Response;
        var bytes = Encoding.UTF8.GetBytes(text);
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, type, bytes.Length);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
