using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace NetSniff.Wire.Health;

/// <summary>Answers on a port of its own how the program is: plain HTTP, nothing but GET, no work behind it.</summary>
/// <remarks>The web server alone, without a host around it: it is there within milliseconds and needs no
/// configuration. ADR 33.</remarks>
public sealed class HealthListener : IAsyncDisposable
{
    private const int ConnectionsMax = 64;
    private const int RequestLineBytesMax = 4 * 1024;
    private const int HeaderBytesMax = 16 * 1024;
    private static readonly TimeSpan s_headersTimeout = TimeSpan.FromSeconds(5);

    private readonly KestrelServer _server;
    private readonly HealthPages _pages;

    private HealthListener(KestrelServer server, HealthPages pages) => (_server, _pages) = (server, pages);

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <exception cref="IOException">The port is taken, or is not ours to take.</exception>
    public static async Task<HealthListener> StartAsync(
        HealthOptions options, HealthBoard board, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var settings = new KestrelServerOptions { AddServerHeader = false };
        settings.Limits.MaxConcurrentConnections = ConnectionsMax;
        settings.Limits.MaxRequestBodySize = 0;
        settings.Limits.MaxRequestLineSize = RequestLineBytesMax;
        settings.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        settings.Limits.RequestHeadersTimeout = s_headersTimeout;
        settings.Listen(options.Address, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var listener = new HealthListener(
            new KestrelServer(Options.Create(settings), transport, NullLoggerFactory.Instance),
            new HealthPages(board, options));
        await listener._server.StartAsync(new Application(listener._pages), cancel).ConfigureAwait(false);
        var address = listener._server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        listener.EndPoint = new IPEndPoint(options.Address, new Uri(address).Port);
        return listener;
    }

    public async ValueTask DisposeAsync()
    {
        // Whoever is still being answered is cut off: a program that ends does not wait for a reader.
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await _server.StopAsync(now.Token).ConfigureAwait(false);
        _server.Dispose();
        _pages.Dispose();
    }

    private sealed class Application(HealthPages pages) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => pages.AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
