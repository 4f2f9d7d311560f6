using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Http;

namespace NetSniff.Worker.Serve;

/// <summary>The query port of a worker: gRPC and HTTP on one listener, behind TLS.</summary>
public sealed class QueryServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly QueryDesk _desk;

    private QueryServer(WebApplication application, QueryDesk desk) => (_application, _desk) = (application, desk);

    /// <summary>Where it listens, with the port it was given.</summary>
    public IPEndPoint Address { get; private set; } = new(IPAddress.None, 0);

    /// <exception cref="IOException">The port cannot be had.</exception>
    public static async Task<QueryServer> StartAsync(QueryOptions options, ILoggerProvider? log = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null) builder.Logging.AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(1));
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.Limits.RequestBytesMax;
            grpc.EnableDetailedErrors = false;
        });
        var desk = new QueryDesk(options);
        builder.Services.AddSingleton(desk);
        builder.Services.AddSingleton(new QueryService(desk));
        var application = builder.Build();
        var door = options.Packets is { } packets ? new PacketDoor(packets, options) : null;
        var doorkeeper = new Doorkeeper(options, door);
        application.Use(next => context => doorkeeper.InvokeAsync(context, next));
        application.MapGrpcService<QueryService>();
        new QueryApi(desk, options.Clock).Map(application);
        var server = new QueryServer(application, desk);
        await application.StartAsync().ConfigureAwait(false);
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Address = new IPEndPoint(options.Listen.Address, new Uri(addresses.Addresses.First()).Port);
        return server;
    }

    /// <summary>Cuts packets into a file that is kept for a finding.</summary>
    /// <exception cref="Grpc.Core.RpcException">They cannot be had.</exception>
    public Task KeepAsync(Wire.V1.KeptFile about, Wire.V1.PacketsRequest request, CancellationToken cancel) =>
        _desk.KeepAsync(about, request, cancel);

    /// <summary>Ends open calls and the listener.</summary>
    public async ValueTask DisposeAsync()
    {
        _desk.End();
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _desk.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, QueryOptions options)
    {
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.Limits.ConnectionsMax;
        // The doorkeeper and gRPC refuse earlier and in words; this is for who says nothing of its length.
        limits.MaxRequestBodySize = 2 * options.Limits.RequestBytesMax;
        limits.MaxRequestHeadersTotalSize = 24 * 1024;
        limits.Http2.MaxStreamsPerConnection = options.Limits.CallsPerCallerMax;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        // A slow reader is a matter of its own call (StallMax), not of all that share its connection.
        limits.MinResponseDataRate = null;
        kestrel.AddServerHeader = false;
        kestrel.Listen(options.Listen, listener =>
        {
            listener.Protocols = HttpProtocols.Http1AndHttp2;
            listener.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(options.Tls()),
                HandshakeTimeout = TimeSpan.FromSeconds(10),
            });
        });
    }
}
