using k8s;
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

    /// <param name="file">A kubeconfig. Null for the files of KUBECONFIG, else the pod's own service account, else
    /// ~/.kube/config.</param>
    /// <param name="context">Null for the current one.</param>
    /// <exception cref="ClusterException">There is none, or it cannot be used.</exception>
    public static KubernetesClientConfiguration Load(string? file = null, string? context = null)
    {
        try
        {
            var configuration = Find(file, context);
            configuration.UserAgent = "netsniff";
            configuration.FirstMessageHandlerSetup = static handler =>
            {
                handler.KeepAlivePingDelay = s_pingEvery;
                handler.KeepAlivePingTimeout = s_pingEvery;
                handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
                handler.ConnectTimeout = s_pingEvery;
            };
            return configuration;
        }
        catch (Exception problem) when (problem is KubeConfigException or IOException or UnauthorizedAccessException
            or YamlException or FormatException or ArgumentException or InvalidOperationException)
        {
            throw new ClusterException($"kubeconfig: {problem.Message}", problem);
        }
    }

    private static KubernetesClientConfiguration Find(string? file, string? context)
    {
        if (file is not null) return Of([file], context);

        var list = Environment.GetEnvironmentVariable("KUBECONFIG") ?? "";
        if (list.Length > 0)
        {
            // As kubectl does: what is not there is passed over, as long as something is.
            string[] files = [.. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .Where(File.Exists).Take(FilesMax)];
            return files.Length > 0
                ? Of(files, context)
                : throw new ClusterException($"kubeconfig: none of the files of KUBECONFIG is there: {list}");
        }

        if (context is null && KubernetesClientConfiguration.IsInCluster())
        {
            return KubernetesClientConfiguration.InClusterConfig();
        }

        var home = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(home)
            ? Of([home], context)
            : throw new ClusterException("kubeconfig: this is no pod, KUBECONFIG is not set, and there is no " + home);
    }

    private static KubernetesClientConfiguration Of(string[] files, string? context)
    {
        var merged = Read(files[0]);
        foreach (var file in files.Skip(1)) merged = Merge(merged, Read(file));
        return KubernetesClientConfiguration.BuildConfigFromConfigObject(merged, context);
    }

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
