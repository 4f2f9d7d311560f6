using System.Text.RegularExpressions;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Which database on which server, and as whom: `clickhouse://user@host:8123/database`, and
/// `clickhouses://` for TLS.</summary>
public sealed partial record ClickHouseAddress
{
    public const string Scheme = "clickhouse";
    public const string TlsScheme = "clickhouses";

    private const string Shape = "clickhouse://USER@HOST:8123/DATABASE (or clickhouses:// for TLS)";

    /// <summary>The server's HTTP interface.</summary>
    public required Uri Server { get; init; }

    public required string Database { get; init; }

    public string User { get; init; } = "default";

    public static bool IsOne(string text) => text.Contains("://", StringComparison.Ordinal);

    /// <exception cref="FormatException">It is none; the message says why, without what may be secret.</exception>
    public static ClickHouseAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var isUri = Uri.TryCreate(text, UriKind.Absolute, out var uri);
        if (!isUri || uri!.Scheme is not (Scheme or TlsScheme) || uri.Host.Length == 0)
        {
            throw new FormatException($"a store elsewhere is {Shape}");
        }

        var user = uri.UserInfo;
        if (user.Contains(':', StringComparison.Ordinal))
        {
            throw new FormatException("a password does not belong into the address, where everybody sees it: "
                + "give it with --store-password-file, or in the environment as NETSNIFF_STORE_PASSWORD");
        }

        var database = uri.AbsolutePath.Trim('/');
        if (!DatabaseName().IsMatch(database) || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new FormatException($"the address ends in the name of a database: {Shape}");
        }

        var isTls = uri.Scheme == TlsScheme;
        var port = uri.Port > 0 ? uri.Port : isTls ? 8443 : 8123;
        return new ClickHouseAddress
        {
            Server = new UriBuilder(isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, uri.Host, port).Uri,
            Database = database,
            User = user.Length == 0 ? "default" : Uri.UnescapeDataString(user),
        };
    }

    public override string ToString() => $"{Server.Authority}/{Database}";

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
    private static partial Regex DatabaseName();
}
