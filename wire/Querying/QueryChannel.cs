using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Querying;

/// <summary>A connection to a worker's query port.</summary>
public sealed class QueryChannel : IDisposable
{
    /// <summary>Bytes of one answer; a batch is a quarter of a mebibyte, rows of SQL may be long.</summary>
    public const int AnswerBytesMax = 16 << 20;

    /// <summary>Which namespaces are asked about, with commas between: whoever may not see all may see these.</summary>
    public const string NamespacesHeader = "x-netsniff-namespace";

    /// <summary>Through an API server it takes three handshakes.</summary>
    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(5), s_routeMax = TimeSpan.FromSeconds(30);

    private readonly GrpcChannel _channel;
    private readonly IQueryRoute? _route;

    private QueryChannel(GrpcChannel channel, IQueryRoute? route, CallInvoker invoker) =>
        (_channel, _route, Client) = (channel, route, new Query.QueryClient(invoker));

    public Query.QueryClient Client { get; }

    /// <summary>Connects with the first call.</summary>
    public static QueryChannel To(QueryEndpoint endpoint)
    {
        var channel = GrpcChannel.ForAddress(
            "https://" + endpoint.Address,
            new GrpcChannelOptions
            {
                HttpHandler = HandlerTo(endpoint), DisposeHttpClient = true, MaxReceiveMessageSize = AnswerBytesMax,
            });
        return new QueryChannel(channel, endpoint.Route, Invoker(channel, endpoint));
    }

    /// <summary>The way there and whom to believe, for any kind of HTTP. Who asks is not said by it.</summary>
    public static SocketsHttpHandler HandlerTo(QueryEndpoint endpoint)
    {
        var ssl = new SslClientAuthenticationOptions
        {
            ClientCertificateContext = endpoint.Identity,
        };
        if (endpoint.Authorities is { } authorities)
        {
            ssl.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            ssl.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (endpoint.ServerName is { } name)
        {
            ssl.RemoteCertificateValidationCallback = ClientSecurity.MadeOutTo(name);
        }

        var handler = new SocketsHttpHandler
        {
            SslOptions = ssl,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = endpoint.Route is null ? s_connectMax : s_routeMax,
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            UseProxy = false,
        };
        if (endpoint.Route is { } route) handler.ConnectCallback = (_, cancel) => route.ConnectAsync(cancel);
        return handler;
    }

    public void Dispose()
    {
        _channel.Dispose();
        _route?.Dispose();
    }

    private static CallInvoker Invoker(GrpcChannel channel, QueryEndpoint endpoint)
    {
        var headers = new Metadata();
        if (endpoint.Token is { } token) headers.Add("authorization", "Bearer " + token);
        if (endpoint.Namespaces.Count > 0) headers.Add(NamespacesHeader, string.Join(',', endpoint.Namespaces));
        var credentials = endpoint.Route is null ? null : CallCredentials.FromInterceptor(async (context, with) =>
            with.Add("authorization", "Bearer " + await endpoint.Route.TokenAsync(context.CancellationToken)
                .ConfigureAwait(false)));
        var plain = channel.CreateCallInvoker();
        return headers.Count == 0 && credentials is null ? plain : new ProvingInvoker(plain, headers, credentials);
    }

    /// <summary>Puts on every call who asks, and about what.</summary>
    private sealed class ProvingInvoker(CallInvoker inner, Metadata own, CallCredentials? credentials) : CallInvoker
    {
        public override TAnswer BlockingUnaryCall<TRequest, TAnswer>(
            Method<TRequest, TAnswer> method, string? host, CallOptions options, TRequest request) =>
            inner.BlockingUnaryCall(method, host, With(options), request);

        public override AsyncUnaryCall<TAnswer> AsyncUnaryCall<TRequest, TAnswer>(
            Method<TRequest, TAnswer> method, string? host, CallOptions options, TRequest request) =>
            inner.AsyncUnaryCall(method, host, With(options), request);

        public override AsyncServerStreamingCall<TAnswer> AsyncServerStreamingCall<TRequest, TAnswer>(
            Method<TRequest, TAnswer> method, string? host, CallOptions options, TRequest request) =>
            inner.AsyncServerStreamingCall(method, host, With(options), request);

        public override AsyncClientStreamingCall<TRequest, TAnswer> AsyncClientStreamingCall<TRequest, TAnswer>(
            Method<TRequest, TAnswer> method, string? host, CallOptions options) =>
            inner.AsyncClientStreamingCall(method, host, With(options));

        public override AsyncDuplexStreamingCall<TRequest, TAnswer> AsyncDuplexStreamingCall<TRequest, TAnswer>(
            Method<TRequest, TAnswer> method, string? host, CallOptions options) =>
            inner.AsyncDuplexStreamingCall(method, host, With(options));

        private CallOptions With(CallOptions options)
        {
            var headers = options.Headers ?? [];
            foreach (var header in own) headers.Add(header);
            var proving = options.WithHeaders(headers);
            return credentials is null ? proving : proving.WithCredentials(credentials);
        }
    }
}
