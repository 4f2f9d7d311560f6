using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>The page and its way to a worker, on this machine alone.</summary>
internal sealed class UiServer : IAsyncDisposable
{
    private const int ConnectionsMax = 64, HeaderBytesMax = 16 * 1024;

    private readonly WebApplication _application;
    private readonly WorkerRelay _relay;
    private readonly byte[] _scope;
    private UiDoor _door;

    private UiServer(WebApplication application, QueryEndpoint endpoint, UiScope scope) =>
        (_application, _relay, _scope, _door) = (application, new WorkerRelay(endpoint), scope.ToJson(), new UiDoor(0));

    /// <summary>What lets a browser in.</summary>
    public string Link => _door.Link;

    /// <param name="port">0 for one that is free.</param>
    /// <exception cref="UsageException">The port cannot be had.</exception>
    public static async Task<UiServer> StartAsync(QueryEndpoint endpoint, UiScope scope, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(IPAddress.Loopback, port, static listener => listener.Protocols = HttpProtocols.Http1);
        });
        builder.WebHost.UseShutdownTimeout(TimeSpan.Zero);
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        var server = new UiServer(builder.Build(), endpoint, scope);
        server._application.Run(server.AnswerAsync);
        try
        {
            await server._application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw new UsageException($"--port {port} cannot be had: {problem.Message}");
        }

        var addresses = server._application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!;
        server._door = new UiDoor(new Uri(addresses.Addresses.First()).Port);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _relay.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (!await _door.AdmitAsync(context).ConfigureAwait(false)) return;

        var path = context.Request.Path.Value ?? "";
        if (path == "/api/scope") await BytesAsync(context, "application/json", _scope).ConfigureAwait(false);
        else if (WorkerRelay.Knows(path)) await _relay.PassAsync(context).ConfigureAwait(false);
        else if (UiPage.Find(path) is var (type, bytes)) await BytesAsync(context, type, bytes).ConfigureAwait(false);
        else context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private static Task BytesAsync(HttpContext context, string type, byte[] bytes)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Signals are the command's.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
