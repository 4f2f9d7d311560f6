using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NetSniff.Tests.Cli.Plugin;

/// <summary>Forwards ports of pods as a kubelet does when the API server asks it to, over WebSocket.</summary>
internal sealed class FakeKubelet : IAsyncDisposable
{
    private const string Protocol = "v4.channel.k8s.io";

    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, int> _ports = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<WebSocket, string> _open = new();

    private FakeKubelet(WebApplication application) => _application = application;

    public int Port { get; private set; }

    /// <summary>What was asked for, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<FakeKubelet> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listener => listener.UseHttps(Certificate())));
        var application = builder.Build();
        var kubelet = new FakeKubelet(application);
        application.UseWebSockets();
        application.Run(kubelet.AnswerAsync);
        await application.StartAsync();
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        kubelet.Port = new Uri(addresses.Addresses.First()).Port;
        return kubelet;
    }

    /// <summary>Whatever port of the pod is asked for, it is this one.</summary>
    public void Lead(string pod, int port) => _ports[pod] = port;

    /// <summary>The pod is gone, and so are all connections to it.</summary>
    public void Cut(string pod)
    {
        _ports.TryRemove(pod, out _);
        foreach (var (socket, name) in _open)
        {
            if (name == pod) socket.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _open.Keys) socket.Abort();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    /// <summary>API servers believe any kubelet's, unless they are told an authority.</summary>
    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kubelet", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Asked.Enqueue(context.Request.Path + context.Request.QueryString.Value);
        var isForward = context.Request.Path.StartsWithSegments("/portForward", StringComparison.Ordinal)
            && ushort.TryParse(context.Request.Query["port"], out _);
        if (!isForward || !context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var pod = context.Request.Path.Value!.Split('/')[^1];
        using var socket = await context.WebSockets.AcceptWebSocketAsync(Protocol);
        _open[socket] = pod;
        try
        {
            await ForwardAsync(socket, pod, ushort.Parse(context.Request.Query["port"]!));
        }
        catch (Exception problem) when (problem is WebSocketException or IOException or OperationCanceledException
            or SocketException or ObjectDisposedException)
        {
            // Cut by either side.
        }

        _open.TryRemove(socket, out _);
    }

    private async Task ForwardAsync(WebSocket socket, string pod, ushort port)
    {
        var head = new byte[3];
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(1), port);
        foreach (var channel in (byte[])[0, 1])
        {
            head[0] = channel;
            await socket.SendAsync(head, WebSocketMessageType.Binary, true, CancellationToken.None);
        }

        using var client = new TcpClient();
        if (!_ports.TryGetValue(pod, out var target))
        {
            byte[] error = [1, .. Encoding.UTF8.GetBytes($"error forwarding port {port} to pod {pod}: refused")];
            await socket.SendAsync(error, WebSocketMessageType.Binary, true, CancellationToken.None);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            return;
        }

        await client.ConnectAsync(IPAddress.Loopback, target);
        var stream = client.GetStream();
        var down = DownAsync(stream, socket);
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) break;

            // Messages of the plugin are small: the first byte of each is its channel.
            Assert.True(part.EndOfMessage);
            Assert.Equal(0, buffer[0]);
            await stream.WriteAsync(buffer.AsMemory(1, part.Count - 1));
        }

        client.Close();
        await down;
    }

    private static async Task DownAsync(NetworkStream stream, WebSocket socket)
    {
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(1));
            if (count == 0) break;

            await socket.SendAsync(buffer.AsMemory(0, count + 1), WebSocketMessageType.Binary, true, default);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }
}
