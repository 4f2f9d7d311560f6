using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace NetSniff.Worker.Serve.Access;

/// <summary>Lets in who has a certificate of our authority or the token, and only so many calls of each.</summary>
/// <remarks>The handshake has checked the certificate: one that is there is good.</remarks>
/// <param name="packetsToken">The secret of those who may ask for raw packets as well.</param>
internal sealed class Doorkeeper(
    BearerToken? token, ServeLimits limits, Func<Caller, string, string?>? refuses, BearerToken? packetsToken = null)
{
    private const string Scheme = "Bearer ";

    private readonly ConcurrentDictionary<(string, string), int> _open = new();

    public long Refused => Interlocked.Read(ref _refused);

    private long _refused;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (await WhoAsync(context).ConfigureAwait(false) is not { } caller)
        {
            Interlocked.Increment(ref _refused);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Refusals.WriteAsync(
                context, StatusCode.Unauthenticated, "a client certificate or a bearer token is needed")
                .ConfigureAwait(false);
            return;
        }

        if (context.Request.ContentLength > limits.RequestBytesMax)
        {
            await Refusals.WriteAsync(
                context, StatusCode.ResourceExhausted, $"a request has at most {limits.RequestBytesMax} bytes")
                .ConfigureAwait(false);
            return;
        }

        if (refuses?.Invoke(caller, PathOf(context)) is { } reason)
        {
            await Refusals.WriteAsync(context, StatusCode.PermissionDenied, reason).ConfigureAwait(false);
            return;
        }

        var key = (caller.Name, caller.Address);
        if (!Enter(key))
        {
            await Refusals.WriteAsync(
                context, StatusCode.ResourceExhausted, $"{limits.CallsPerCallerMax} calls of yours are open already")
                .ConfigureAwait(false);
            return;
        }

        try
        {
            caller.KeepIn(context);
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            Leave(key);
        }
    }

    private async Task<Caller?> WhoAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var certificate = context.Connection.ClientCertificate
            ?? await context.Connection.GetClientCertificateAsync(context.RequestAborted).ConfigureAwait(false);
        if (certificate is not null)
        {
            return new Caller(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), address, true);
        }

        string? given = context.Request.Headers.Authorization;
        if (given?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) != true) return null;

        var secret = given[Scheme.Length..].Trim();
        if (packetsToken?.Accepts(secret) == true)
        {
            return new Caller("packets-token", address, false) { IsForPackets = true };
        }

        return token?.Accepts(secret) == true ? new Caller("token", address, false) : null;
    }

    /// <summary>Of what will be run, and not as it was asked for: a slash at the end leads to the same.</summary>
    private static string PathOf(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern : context.Request.Path;

    private bool Enter((string, string) key)
    {
        if (_open.AddOrUpdate(key, 1, static (_, open) => open + 1) <= limits.CallsPerCallerMax) return true;

        Leave(key);
        return false;
    }

    private void Leave((string, string) key)
    {
        if (_open.AddOrUpdate(key, 0, static (_, open) => open - 1) == 0)
        {
            // Only when it is still at nought: another call may have come in between.
            _open.TryRemove(new KeyValuePair<(string, string), int>(key, 0));
        }
    }
}
