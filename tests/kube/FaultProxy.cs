using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using k8s;
using NetSniff.Kube;

namespace NetSniff.Tests.Kube;

/// <summary>Stands between a client and the API server, passes everything on, and fails as it is told.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ClusterClient _server;
    private readonly Lock _lock = new();
    private readonly List<(Func<HttpRequest, bool> Meant, Func<HttpContext, Fault, Task> Do)> _faults = [];

    private FaultProxy(WebApplication web, ClusterClient server) => (_web, _server) = (web, server);

    /// <summary>Questions that came through, with their answer's code or what was done instead.</summary>
    public List<string> Seen { get; } = [];

    public static async Task<FaultProxy> StartAsync(ClusterClient server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        var proxy = new FaultProxy(web, server);
        web.Run(proxy.AnswerAsync);
        await web.StartAsync();
        return proxy;
    }

    public ClusterClient Open() => new(new KubernetesClientConfiguration
    {
        Host = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(),
    });

    /// <summary>The next request that is meant, and only that, fares so.</summary>
    public void Once(Func<HttpRequest, bool> meant, Func<HttpContext, Fault, Task> fault)
    {
        lock (_lock) _faults.Add((meant, fault));
    }

    /// <summary>Faults that nobody met yet.</summary>
    public int Left
    {
        get
        {
            lock (_lock) return _faults.Count;
        }
    }

    public static bool IsWatch(HttpRequest request) => request.Query.ContainsKey("watch");

    public static bool IsList(HttpRequest request) => request.Query.ContainsKey("limit");

    public async ValueTask DisposeAsync()
    {
        // Watches would be waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _web.StopAsync(now.Token);
        await _web.DisposeAsync();
        _server.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Func<HttpContext, Fault, Task>? fault = null;
        lock (_lock)
        {
            var place = _faults.FindIndex(one => one.Meant(context.Request));
            if (place >= 0) (fault, _) = (_faults[place].Do, _faults.Remove(_faults[place]));
            Seen.Add($"{context.Request.Path}{context.Request.QueryString}");
        }

        var pass = new Fault(_server);
        try
        {
            if (fault is null) await pass.OnAsync(context);
            else await fault(context, pass);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or HttpRequestException)
        {
            context.Abort();
        }
    }

    /// <summary>What may be done with a request.</summary>
    internal sealed class Fault(ClusterClient server)
    {
        /// <summary>Passes it on.</summary>
        /// <param name="bytesMax">Of the answer; then the connection is cut.</param>
        /// <param name="query">Instead of the one that came.</param>
        public async Task OnAsync(HttpContext context, long bytesMax = long.MaxValue, string? query = null)
        {
            var path = context.Request.Path + (query ?? context.Request.QueryString.ToString());
            using var answer = await server.GetAsync(path, context.Request.Headers.Accept!, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await context.Response.StartAsync();
            using var body = await answer.Content.ReadAsStreamAsync();
            var buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, context.RequestAborted) is var length and > 0)
            {
                var kept = (int)Math.Min(length, bytesMax);
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, kept), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                bytesMax -= kept;
                if (bytesMax == 0) throw new IOException("cut");
            }
        }

        public static async Task SayAsync(HttpContext context, int code, string body, int? retryAfterSeconds = null)
        {
            context.Response.StatusCode = code;
            if (retryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = $"{seconds}";
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body);
        }
    }
}
