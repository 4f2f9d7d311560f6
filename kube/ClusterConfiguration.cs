using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Authentication;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace NetSniff.Kube;

/// <summary>Where the API server is and who we are there: a kubeconfig, a list of them, or the pod we run in.</summary>
public static class ClusterConfiguration
{
    /// <summary>Files of a list; kubectl's users have three or four.</summary>
    private const int FilesMax = 64;

    /// <summary>A connection on which nothing comes is asked after so long, and given up after as long again: a watch
    /// may
    /// be silent for minutes, and a server that is gone without a word must not look like that.</summary>
    private static readonly TimeSpan s_pingEvery = TimeSpan.FromSeconds(15);

    /// <exception cref="ClusterException">There is none, or it cannot be used.</exception>
    public static KubernetesClientConfiguration Load(string? file = null, string? context = null) =>
        Load(new ClusterChoice { File = file, Context = context });

    /// <exception cref="ClusterException">There is none, or it cannot be used.</exception>
    public static KubernetesClientConfiguration Load(ClusterChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        try
        {
            var (configuration, proxy) = Find(choice);
            Override(configuration, choice);
            configuration.UserAgent = "netsniff";
            configuration.FirstMessageHandlerSetup = handler =>
            {
                handler.KeepAlivePingDelay = s_pingEvery;
                handler.KeepAlivePingTimeout = s_pingEvery;
                handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
                handler.ConnectTimeout = s_pingEvery;
                // Without one in the kubeconfig those of HTTPS_PROXY and NO_PROXY, as always.
                if (proxy is not null) (handler.Proxy, handler.UseProxy) = (new WebProxy(proxy), true);
            };
            return configuration;
        }
        catch (Exception problem) when (IsOfFiles(problem))
        {
            throw new ClusterException($"kubeconfig: {problem.Message}", problem);
        }
    }

    /// <summary>Names of the contexts there are, the current one first.</summary>
    /// <param name="file">Null for the usual ones.</param>
    /// <exception cref="ClusterException">There is none, or it cannot be used.</exception>
    public static IReadOnlyList<string> Contexts(string? file = null)
    {
        try
        {
            if (FilesOf(file) is not [var first, .. var others]) return [];

            var merged = others.Aggregate(Read(first), static (all, next) => Merge(all, Read(next)));
            var names = (merged.Contexts ?? []).Select(static one => one.Name);
            return [.. names.OrderBy(name => name != merged.CurrentContext)];
        }
        catch (Exception problem) when (IsOfFiles(problem))
        {
            throw new ClusterException($"kubeconfig: {problem.Message}", problem);
        }
    }

    private static bool IsOfFiles(Exception problem) => problem is KubeConfigException or IOException
        or UnauthorizedAccessException or YamlException or FormatException or ArgumentException
        or InvalidOperationException or CryptographicException;

    private static (KubernetesClientConfiguration Configuration, Uri? Proxy) Find(ClusterChoice choice)
    {
        var isOpen = choice is { File: null, Context: null, Cluster: null, User: null };
        var hasList = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBECONFIG"));
        if (isOpen && !hasList && KubernetesClientConfiguration.IsInCluster())
        {
            return (KubernetesClientConfiguration.InClusterConfig(), null);
        }

        if (FilesOf(choice.File) is { Length: > 0 } files) return Of(files, choice);
        if (choice.Server is not null) return (new KubernetesClientConfiguration(), null);

        throw new ClusterException(
            "kubeconfig: this is no pod, KUBECONFIG is not set, and there is no " + HomeFile);
    }

    private static string HomeFile => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");

    /// <summary>None where there is none at the usual places.</summary>
    private static string[] FilesOf(string? file)
    {
        if (file is not null) return [file];

        var list = Environment.GetEnvironmentVariable("KUBECONFIG") ?? "";
        if (list.Length == 0) return File.Exists(HomeFile) ? [HomeFile] : [];

        // As kubectl does: what is not there is passed over, as long as something is.
        string[] files = [.. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(File.Exists).Take(FilesMax)];
        return files.Length > 0
            ? files
            : throw new ClusterException($"kubeconfig: none of the files of KUBECONFIG is there: {list}");
    }

    private static (KubernetesClientConfiguration Configuration, Uri? Proxy) Of(string[] files, ClusterChoice choice)
    {
        var rest = new KubeConfigRest();
        var merged = Read(files[0]);
        foreach (var file in files.Skip(1)) merged = Merge(merged, Read(file));
        foreach (var file in files) rest.Read(file);

        var name = choice.Context ?? merged.CurrentContext;
        var context = merged.Contexts?.FirstOrDefault(one => one.Name == name)?.ContextDetails;
        if (choice.Cluster is { } cluster) Named(merged.Clusters?.Select(static one => one.Name), cluster, "cluster");
        if (choice.User is { } user) Named(merged.Users?.Select(static one => one.Name), user, "user");
        if (context is not null)
        {
            context.Cluster = choice.Cluster ?? context.Cluster;
            context.User = choice.User ?? context.User;
        }

        var tokenFile = context?.User is { } whom ? rest.TokenFileOf(whom) : null;
        // The package wants a user to have something that it knows.
        if (tokenFile is not null) CredentialsOf(merged, context!.User).Token ??= File.ReadAllText(tokenFile).Trim();
        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(merged, choice.Context);
        if (tokenFile is not null)
        {
            // Renewed from the file, as in a pod.
            (configuration.AccessToken, configuration.TokenProvider) = (null, new TokenFileAuth(tokenFile));
        }

        return (configuration, context?.Cluster is { } where ? rest.ProxyOf(where) : null);
    }

    private static UserCredentials CredentialsOf(K8SConfiguration configuration, string user)
    {
        var found = configuration.Users.First(one => one.Name == user);
        return found.UserCredentials ??= new UserCredentials();
    }

    private static void Named(IEnumerable<string>? names, string name, string what)
    {
        if (names?.Contains(name, StringComparer.Ordinal) == true) return;

        throw new ClusterException(
            $"kubeconfig: there is no {what} '{name}'; there are {string.Join(", ", names ?? [])}");
    }

    /// <summary>What the command line says wins.</summary>
    private static void Override(KubernetesClientConfiguration configuration, ClusterChoice choice)
    {
        if (choice.Server is { } server) configuration.Host = WithScheme(server);
        if (choice.CertificateAuthority is { } path)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            configuration.SslCaCerts = authorities;
            configuration.SkipTlsVerify = false;
        }

        if (choice.SkipsTlsVerify) configuration.SkipTlsVerify = true;
        if (choice.Token is not { } token) return;

        configuration.AccessToken = token;
        configuration.TokenProvider = null;
        configuration.ClientCertificateData = configuration.ClientCertificateFilePath = null;
        configuration.ClientCertificateKeyData = configuration.ClientKeyFilePath = null;
        configuration.Username = configuration.Password = null;
    }

    private static string WithScheme(string server) =>
        server.Contains("://", StringComparison.Ordinal) ? server : "https://" + server;

    /// <summary>Files that it names are meant from where it lies, whichever file of a list it is.</summary>
    private static K8SConfiguration Read(string file)
    {
        var configuration = KubernetesClientConfiguration.LoadKubeConfig(new FileInfo(file), useRelativePaths: false);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        string? Absolute(string? path) => string.IsNullOrEmpty(path) ? path : Path.Combine(folder, path);
        foreach (var cluster in configuration.Clusters ?? [])
        {
            if (cluster.ClusterEndpoint is not { } endpoint) continue;

            endpoint.CertificateAuthority = Absolute(endpoint.CertificateAuthority);
        }

        foreach (var user in configuration.Users ?? [])
        {
            if (user.UserCredentials is not { } credentials) continue;

            credentials.ClientCertificate = Absolute(credentials.ClientCertificate);
            credentials.ClientKey = Absolute(credentials.ClientKey);
        }

        return configuration;
    }

    /// <summary>Of two of one name the first wins, and so does the first current context.</summary>
    private static K8SConfiguration Merge(K8SConfiguration first, K8SConfiguration second)
    {
        if (string.IsNullOrEmpty(first.CurrentContext)) first.CurrentContext = second.CurrentContext;
        first.Clusters = Joined(first.Clusters, second.Clusters, static cluster => cluster.Name);
        first.Users = Joined(first.Users, second.Users, static user => user.Name);
        first.Contexts = Joined(first.Contexts, second.Contexts, static one => one.Name);
        return first;
    }

    private static List<T> Joined<T>(IEnumerable<T>? first, IEnumerable<T>? second, Func<T, string> name) =>
        [.. (first ?? []).Concat(second ?? []).DistinctBy(name, StringComparer.Ordinal)];
}
