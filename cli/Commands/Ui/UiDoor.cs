using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>Lets in the one browser that came by the link, and pages of nobody else.</summary>
/// <remarks>The link's secret is good once and buys two: a cookie, which no script can read, for whatever is asked for,
/// and a key for questions, which the page keeps for itself. Browsers send a cookie to all ports of a host, so that
/// another server of this machine may get to see it; the key is of this port alone.</remarks>
internal sealed class UiDoor
{
    public const string OpenPath = "/open";

    /// <summary>The page puts the key here.</summary>
    public const string KeyHeader = "x-netsniff-key";

    private const int SecretBytes = 32;

    /// <summary>Nothing from elsewhere, nothing in line, in nobody's frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly string _secret = Random(), _key = Random();
    private readonly byte[] _cookie = Encoding.ASCII.GetBytes(Random());
    private readonly string[] _hosts;
    private readonly string _cookieName;
    private int _isUsed;

    public UiDoor(int port)
    {
        var at = port.ToString(CultureInfo.InvariantCulture);
        _hosts = [$"127.0.0.1:{at}", $"localhost:{at}"];
        _cookieName = $"netsniff-ui-{at}";
        Link = $"http://{_hosts[0]}{OpenPath}?secret={_secret}";
    }

    /// <summary>What lets in, once.</summary>
    public string Link { get; }

    /// <returns>Whether it may go on; otherwise the answer has been given.</returns>
    public async Task<bool> AdmitAsync(HttpContext context)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["referrer-policy"] = "no-referrer";
        headers["cross-origin-opener-policy"] = headers["cross-origin-resource-policy"] = "same-origin";
        headers.CacheControl = "no-store";
        // A name that somebody lets point here is still their name.
        if (!_hosts.Contains(request.Host.Value, StringComparer.OrdinalIgnoreCase))
        {
            return await NoAsync(context, StatusCodes.Status421MisdirectedRequest, "this is asked for by another name")
                .ConfigureAwait(false);
        }

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            headers.Allow = "GET, HEAD";
            return await NoAsync(context, StatusCodes.Status405MethodNotAllowed, "there is only GET")
                .ConfigureAwait(false);
        }

        if (request.Path == OpenPath)
        {
            await OpenAsync(context).ConfigureAwait(false);
            return false;
        }

        if (request.Headers["sec-fetch-site"].ToString() is "cross-site" or "same-site" || !HasCookie(request))
        {
            return await NoAsync(context, StatusCodes.Status403Forbidden, Closed).ConfigureAwait(false);
        }

        return !request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
            || Equal(request.Headers[KeyHeader].ToString(), Encoding.ASCII.GetBytes(_key))
            || await NoAsync(context, StatusCodes.Status403Forbidden, Closed).ConfigureAwait(false);
    }

    private const string Closed =
        "this is open to one browser alone, by the link that `netsniff ui` printed; run it again for a new link";

    private async Task OpenAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var isKnown = HasCookie(request);
        // The cookie alone buys nothing: whoever got to see it could ask here for the key.
        if (!Equal(request.Query["secret"].ToString(), Encoding.ASCII.GetBytes(_secret)))
        {
            await NoAsync(context, StatusCodes.Status403Forbidden, Closed).ConfigureAwait(false);
            return;
        }

        // Looking whether a link is good does not use it up.
        if (HttpMethods.IsHead(request.Method)) return;
        if (!isKnown && Interlocked.Exchange(ref _isUsed, 1) != 0)
        {
            await NoAsync(context, StatusCodes.Status403Forbidden, "this link was used already; " + Closed)
                .ConfigureAwait(false);
            return;
        }

        response.Cookies.Append(_cookieName, Encoding.ASCII.GetString(_cookie), new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true,
        });
        response.ContentType = "text/html; charset=utf-8";
        // A redirect would still be on the way from where the link was clicked, which gets no strict cookie.
        var page = "<!doctype html><title>NetSniff</title><link rel=\"icon\" href=\"/icon.svg\">"
            + $"<meta http-equiv=\"refresh\" content=\"0;url=/#key={_key}\">";
        await response.WriteAsync(page, context.RequestAborted).ConfigureAwait(false);
    }

    private bool HasCookie(HttpRequest request) => Equal(request.Cookies[_cookieName] ?? "", _cookie);

    private static async Task<bool> NoAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why + "\n", context.RequestAborted).ConfigureAwait(false);
        return false;
    }

    private static bool Equal(string given, byte[] wanted) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), wanted);

    private static string Random() => RandomNumberGenerator.GetHexString(2 * SecretBytes, lowercase: true);
}
