using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetSniff.Cli.Plugin;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Security;

namespace NetSniff.Cli.Commands.Servers;

/// <summary>Which worker is asked, and how one proves to be allowed to.</summary>
/// <remarks>As kubectl's plugin it is any worker of the cluster, and its options are those of every command.</remarks>
internal sealed class ServerOptions(CommandRunner runner)
{
    private const string Variable = "NETSNIFF_SERVER";

    private readonly Option<string?> _server = Text(
        "--server", "HOST:PORT",
        $"The worker to ask; any one answers for all. Without it ${Variable}, else the one of `netsniff up`.");

    private readonly Option<string?> _token = Text("--token-file", "FILE", "File with the bearer token.");
    private readonly Option<string?> _authority = Text(
        "--ca", "FILE", "Certificates (PEM) that the worker's must be signed by. Without it: those the system trusts.");

    private readonly Option<string?> _certificate = Text("--cert", "FILE", "Our own certificate (PEM), with --key.");
    private readonly Option<string?> _key = Text("--key", "FILE", "Key of our certificate (PEM).");

    /// <param name="isScoped">Whether it may be asked about some namespaces alone.</param>
    public void AddTo(Command command, bool isScoped = false)
    {
        if (isScoped) runner.Scoped.Add(command);
        if (runner.IsPlugin) return;

        command.Add(_server);
        command.Add(_token);
        command.Add(_authority);
        command.Add(_certificate);
        command.Add(_key);
    }

    /// <summary>Whether the command line or the environment names a worker.</summary>
    public bool IsNamed(ParseResult result) => runner.IsPlugin || result.GetValue(_server) is not null
        || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Whether the command line names one.</summary>
    public bool IsNamedHere(ParseResult result) => result.GetValue(_server) is not null;

    /// <summary>For what is of no namespace.</summary>
    /// <exception cref="UsageException">Nothing says which worker.</exception>
    public QueryEndpoint Read(
        ParseResult result, Terminal terminal, CancellationToken cancel, bool forPackets = false) =>
        Read(result, terminal, null, forPackets, isScoped: false, cancel).Endpoint;

    /// <param name="target">`deploy/web` and the like, of the plugin.</param>
    /// <param name="forPackets">The worker of `netsniff up` is shown the token that lets have raw packets.</param>
    /// <returns>The worker, and whose traffic is meant.</returns>
    /// <exception cref="UsageException">Nothing says which worker.</exception>
    public (QueryEndpoint Endpoint, RecordScope Scope) ReadScoped(
        ParseResult result, Terminal terminal, string? target, CancellationToken cancel, bool forPackets = false) =>
        Read(result, terminal, target, forPackets, isScoped: true, cancel);

    private (QueryEndpoint Endpoint, RecordScope Scope) Read(
        ParseResult result, Terminal terminal, string? target, bool forPackets, bool isScoped, CancellationToken cancel)
    {
        if (!runner.IsPlugin) return (Direct(result, forPackets), new RecordScope([], null, null));

        if (!isScoped) runner.Kube.RefuseScope(result);
        var way = runner.Kube.Open(result, terminal);
        var scope = isScoped
            ? new RecordScope(runner.Kube.Namespaces(result, way), runner.Kube.Selector(result), target)
            : new RecordScope([], null, null);
        // Before anything is asked for: what is mistyped needs no cluster.
        _ = scope.Narrowed("");
        return (way.WorkerAsync(scope.Namespaces, cancel, forPackets).GetAwaiter().GetResult(), scope);
    }

    private QueryEndpoint Direct(ParseResult result, bool forPackets)
    {
        var named = result.GetValue(_server) ?? Environment.GetEnvironmentVariable(Variable);
        var file = string.IsNullOrEmpty(named) ? ClientFile.Read() : Matching(named);
        if (string.IsNullOrEmpty(named)) named = file?.Address;
        if (named is null)
        {
            throw new UsageException(
                $"which worker? --server HOST:PORT or ${Variable} names one; `netsniff up` starts one here");
        }

        return new QueryEndpoint
        {
            Address = WithPort(named),
            Token = FromFile(_token, result, path => File.ReadAllText(path).Trim()) 
                ?? (forPackets ? file?.PacketsToken : null) ?? file?.Token,
            Authorities = FromFile(_authority, result, path => Pem(File.ReadAllText(path)))
                ?? (file is null ? null : Pem(file.Authority)),
            Identity = Identity(result),
        };
    }

    /// <summary>Who names the worker of `netsniff up` by its address means the same one.</summary>
    private static ClientFile? Matching(string address) =>
        ClientFile.Read() is { } file && IsSame(file.Address, WithPort(address)) ? file : null;

    /// <summary>`localhost:9465` and `127.0.0.1:9465` are one.</summary>
    private static bool IsSame(string known, string named) => known == named
        || (new Uri("https://" + known) is { IsLoopback: true } ours
            && new Uri("https://" + named) is { IsLoopback: true } theirs && ours.Port == theirs.Port);

    private static string WithPort(string address)
    {
        var bare = address.StartsWith("https://", StringComparison.Ordinal) ? address["https://".Length..] : address;
        var hasPort = bare.LastIndexOf(':') > bare.LastIndexOf(']') && (bare.Count(':') == 1 || bare[0] == '[');
        // An IPv6 address without its port is put into brackets.
        var host = !hasPort && bare.Contains(':') && bare[0] != '[' ? $"[{bare}]" : bare;
        var whole = hasPort ? bare : $"{host}:{QueryEndpoint.PortDefault}";
        return Uri.TryCreate("https://" + whole, UriKind.Absolute, out var uri) && uri.PathAndQuery == "/"
            ? whole
            : throw new UsageException($"--server is HOST:PORT, not '{address}'");
    }

    private SslStreamCertificateContext? Identity(ParseResult result)
    {
        var (certificate, key) = (result.GetValue(_certificate), result.GetValue(_key));
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw new UsageException("--cert and --key go together");

        return FromFile(
            _certificate, result, path => PemIdentity.Read(File.ReadAllText(path), File.ReadAllText(key)));
    }

    private static X509Certificate2Collection Pem(string text)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(text);
        if (certificates.Count == 0) throw new CryptographicException("there is no certificate in it");

        return certificates;
    }

    private static T? FromFile<T>(Option<string?> option, ParseResult result, Func<string, T> read) where T : class
    {
        if (result.GetValue(option) is not { } path) return null;

        try
        {
            return read(path);
        }
        catch (Exception problem)
            when (problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"{option.Name} {path}: {problem.Message}");
        }
    }

    private static Option<string?> Text(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };
}
