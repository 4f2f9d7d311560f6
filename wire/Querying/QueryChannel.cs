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

    private readonly GrpcChannel _channel;

    private QueryChannel(GrpcChannel channel, CallInvoker invoker) =>
        (_channel, Client) = (channel, new Query.QueryClient(invoker));

    public Query.QueryClient Client { get; }

    /// <summary>Connects with the first call.</summary>
    public static QueryChannel To(QueryEndpoint endpoint)
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
            ConnectTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            UseProxy = false,
        };
        var channel = GrpcChannel.ForAddress(
            "https://" + endpoint.Address,
            new GrpcChannelOptions
            {
                HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = AnswerBytesMax,
            });
        return new QueryChannel(channel, Invoker(channel, endpoint.Token));
    }

    public void Dispose() => _channel.Dispose();

    private static CallInvoker Invoker(GrpcChannel channel, string? token)
    {
        var plain = channel.CreateCallInvoker();
        return token is null ? plain : new TokenInvoker(plain, token);
    }

    /// <summary>Puts the token on every call.</summary>
    private sealed class TokenInvoker(CallInvoker inner, string token) : CallInvoker
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
            headers.Add("authorization", "Bearer " + token);
            return options.WithHeaders(headers);
        }
    }
}
