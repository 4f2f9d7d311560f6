using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Delivery;

namespace NetSniff.Operator.Control;

/// <summary>The port of the cluster channel.</summary>
public sealed class ControlServer : IAsyncDisposable
{
    /// <summary>Members, and those of them that come again before their old connection is found dead.</summary>
    private const int ConnectionsMax = 2 * ClusterMembers.MembersMax;

    private static readonly TimeSpan s_endMax = TimeSpan.FromSeconds(3);

    private readonly WebApplication _web;
    private readonly ClusterService _service;

    private ControlServer(WebApplication web, ClusterService service) => (_web, _service) = (web, service);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address
    {
        get
        {
            var addresses = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
            return IPEndPoint.Parse(new Uri(addresses.Addresses.First()).Authority);
        }
    }

    /// <exception cref="IOException">The port cannot be had.</exception>
    public static async Task<ControlServer> StartAsync(
        ControlOptions options, ClusterMembers members, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var service = new ClusterService(options, members);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = ClusterLimits.ReportBytesMax;
            grpc.MaxSendMessageSize = ClusterLimits.PlanMessageBytesMax;
        });
        builder.Services.AddSingleton(service);
        var web = builder.Build();
        web.MapGrpcService<ClusterService>();
        try
        {
            await web.StartAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            await web.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new ControlServer(web, service);
    }

    /// <summary>Every line ends; members find whoever leads next.</summary>
    public async ValueTask DisposeAsync()
    {
        _service.Leave();
        using var limit = new CancellationTokenSource(s_endMax);
        await _web.StopAsync(limit.Token).ConfigureAwait(false);
        await _web.DisposeAsync().ConfigureAwait(false);
        _service.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, ControlOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.KeepAlivePingDelay = DeliveryChannel.PingEvery;
        kestrel.Limits.Http2.KeepAlivePingTimeout = DeliveryChannel.PingEvery;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 4;
        kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
        // A member that has nothing to say sends little for hours.
        kestrel.Limits.MinRequestBodyDataRate = null;
        // On every address also where there is no IPv6.
        if (options.Listen.Address.Equals(IPAddress.IPv6Any)) kestrel.ListenAnyIP(options.Listen.Port, Speak);
        else kestrel.Listen(options.Listen, Speak);

        void Speak(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http2;
            options.Security?.Use(listen);
        }
    }

    /// <summary>Whoever owns the process decides when it ends.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
