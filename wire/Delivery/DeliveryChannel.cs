using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using Grpc.Net.Client;
using NetSniff.Wire.Security;

namespace NetSniff.Wire.Delivery;

/// <summary>Opens the channel to a worker. One setting makes it HTTP/3 where the platform has QUIC; otherwise, or where
/// the worker has none, it is HTTP/2.</summary>
public static class DeliveryChannel
{
    /// <summary>A silent connection is asked whether it is there so often, and given up after as long without an
    /// answer: a cut link is noticed in less than five seconds.</summary>
    public static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(3);

    /// <summary>Largest answer taken from a worker, bytes: a Welcome with the positions of all lanes.</summary>
    private const int AnswerBytesMax = 16 << 20;

    /// <param name="address">Host and port.</param>
    /// <param name="name">What the worker's certificate must be made out to.</param>
    /// <param name="security">Null for plain HTTP/2.</param>
    /// <param name="connected">Told of both ends of each connection; not of QUIC's.</param>
    /// <param name="answerBytesMax">Largest answer taken.</param>
    public static GrpcChannel Open(
        string address, string name, ClientSecurity? security, bool prefersQuic,
        Action<IPEndPoint, IPEndPoint>? connected = null, int answerBytesMax = AnswerBytesMax)
    {
        var isQuic = prefersQuic && security is not null && HasQuic;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = s_connectMax,
            KeepAlivePingDelay = PingEvery,
            KeepAlivePingTimeout = PingEvery,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        if (connected is not null)
        {
            handler.ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint, connected, cancel);
        }

        if (security is not null) handler.SslOptions = security.Options(name);
        return GrpcChannel.ForAddress((security is null ? "http://" : "https://") + address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            HttpVersion = isQuic ? HttpVersion.Version30 : HttpVersion.Version20,
            HttpVersionPolicy = isQuic
                ? HttpVersionPolicy.RequestVersionOrLower
                : HttpVersionPolicy.RequestVersionExact,
            MaxReceiveMessageSize = answerBytesMax,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(
        DnsEndPoint target, Action<IPEndPoint, IPEndPoint> connected, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancel).ConfigureAwait(false);
            connected((IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether this machine can speak HTTP/3.</summary>
    public static bool HasQuic =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows())
        && QuicConnection.IsSupported;
}
