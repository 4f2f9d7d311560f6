using System.CommandLine;
using NetSniff.Cli.Commands;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>Which cluster, as whom, which namespaces: kubectl's own options, by their own names.</summary>
internal sealed class KubeOptions
{
    private static readonly TimeSpan s_timeDefault = TimeSpan.FromSeconds(30);

    private readonly Option<string?> _file = Text(
        "--kubeconfig", "FILE", "Kubeconfig. Without it: $KUBECONFIG, the pod's own account, ~/.kube/config.");

    private readonly Option<string?> _context = Text("--context", "NAME", "Context of the kubeconfig.");
    private readonly Option<string?> _cluster = Text("--cluster", "NAME", "Cluster of the kubeconfig.");
    private readonly Option<string?> _user = Text("--user", "NAME", "User of the kubeconfig.");
    private readonly Option<string?> _server = Text("--server", "URL", "Address of the API server.");
    private readonly Option<string?> _token = Text("--token", "TOKEN", "Bearer token for the API server.");
    private readonly Option<string?> _authority = Text(
        "--certificate-authority", "FILE", "Who must have signed the API server's certificate (PEM).");

    private readonly Option<bool> _skipsVerify = new("--insecure-skip-tls-verify")
    {
        Description = "Believe any certificate of the API server.",
    };

    private readonly Option<string?> _as = Text("--as", "USER", "Act as this user.");
    private readonly Option<string[]> _asGroups = new("--as-group")
    {
        Description = "Act as of this group; may be given several times.", HelpName = "GROUP",
    };

    private readonly Option<string?> _timeout = Text(
        "--request-timeout", "LENGTH", "Longest wait for one answer of the API server (30s).");

    private readonly Option<string?> _namespace = Text(
        "--namespace", "NAME", "Namespace, or several with commas between. Without it: the context's.");

    private readonly Option<bool> _all = new("--all-namespaces", "-A") { Description = "All namespaces." };
    private readonly Option<string?> _selector = Text(
        "--selector", "LABELS", "Only pods with these labels, as kubectl takes them: app=web,tier!=back.");

    private readonly Option<string?> _system = Text(
        "--netsniff-namespace", "NAME",
        $"Where the workers run. Without it: {Installation.NamespaceDefault}, else where they are found.");

    public KubeOptions()
    {
        _server.Aliases.Add("-s");
        _namespace.Aliases.Add("-n");
        _selector.Aliases.Add("-l");
        Names = new ClusterCompletions(this);
        _namespace.CompletionSources.Add(Names.Namespaces);
        _system.CompletionSources.Add(Names.Namespaces);
        _context.CompletionSources.Add(Names.Contexts);
    }

    public ClusterCompletions Names { get; }

    /// <summary>Those that say which cluster, in the order of help.</summary>
    public IEnumerable<Option> Access =>
    [
        _file, _context, _cluster, _user, _server, _token, _authority, _skipsVerify, _as, _asGroups, _timeout, _system,
    ];

    /// <summary>Those that say whose traffic.</summary>
    public IEnumerable<Option> Scope => [_namespace, _all, _selector];

    /// <summary>`deploy/web` and the like.</summary>
    public Argument<string?> Target()
    {
        var target = new Argument<string?>("TARGET")
        {
            Description = "Only this pod's traffic, or that of deploy/NAME, sts/, ds/, job/, svc/ or node/NAME.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        target.CompletionSources.Add(Names.Targets);
        return target;
    }

    /// <summary>For every command.</summary>
    public void AddToAll(RootCommand root)
    {
        foreach (var option in Access.Concat(Scope))
        {
            option.Recursive = true;
            root.Add(option);
        }
    }

    /// <summary>For one.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in Access) command.Add(option);
    }

    /// <exception cref="UsageException">Something does not go together, or there is no cluster.</exception>
    public ClusterWay Open(ParseResult result, Terminal terminal)
    {
        var choice = Choice(result);
        var timeMax = Durations.ParseOption(_timeout.Name, result.GetValue(_timeout)) ?? s_timeDefault;
        try
        {
            return new ClusterWay(ClusterClient.Open(choice), choice, timeMax, System(result), terminal);
        }
        catch (ClusterException problem)
        {
            throw new UsageException($"{problem.Message}; --kubeconfig FILE or $KUBECONFIG says which cluster");
        }
    }

    /// <summary>The same for what is about the whole cluster.</summary>
    public ClusterWay OpenWhole(ParseResult result, Terminal terminal)
    {
        RefuseScope(result);
        return Open(result, terminal);
    }

    /// <summary>Namespaces that are meant; none for all.</summary>
    public IReadOnlyList<string> Namespaces(ParseResult result, ClusterWay way)
    {
        var given = result.GetValue(_namespace);
        if (result.GetValue(_all)) return [];

        return given is null
            ? [way.Client.Namespace]
            : [.. given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }

    /// <summary>Whether the command line names one.</summary>
    public bool HasNamespace(ParseResult result) => result.GetValue(_namespace) is not null;

    /// <summary>The one namespace that something is in.</summary>
    public string Namespace(ParseResult result, ClusterWay way) => Namespaces(result, way) switch
    {
        [var one] => one,
        _ => throw new UsageException("one namespace: -n NAME"),
    };

    /// <summary>For a command that is of no namespace: what would be passed over is refused.</summary>
    public void RefuseScope(ParseResult result)
    {
        if (result.GetValue(_namespace) is null && result.GetValue(_selector) is null) return;

        throw new UsageException(
            $"`netsniff {result.CommandResult.Command.Name}` is about the whole cluster: it takes no --namespace and "
            + "no --selector");
    }

    /// <summary>Null where none was given.</summary>
    public string? Selector(ParseResult result) => result.GetValue(_selector);

    /// <summary>Our own pods are told where they are.</summary>
    private string? System(ParseResult result) =>
        result.GetValue(_system) ?? Environment.GetEnvironmentVariable("POD_NAMESPACE");

    internal ClusterChoice Choice(ParseResult result)
    {
        var groups = result.GetValue(_asGroups) ?? [];
        var user = result.GetValue(_as);
        if (user is null && groups.Length > 0) throw new UsageException("--as-group needs --as");

        return new ClusterChoice
        {
            File = result.GetValue(_file), Context = result.GetValue(_context), Cluster = result.GetValue(_cluster),
            User = result.GetValue(_user), Server = result.GetValue(_server), Token = result.GetValue(_token),
            CertificateAuthority = result.GetValue(_authority), SkipsTlsVerify = result.GetValue(_skipsVerify),
            As = user is null ? null : new Impersonation(user, groups),
        };
    }

    private static Option<string?> Text(string name, string help, string about) => TextOption.Of(name, help, about);
}
