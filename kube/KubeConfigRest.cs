using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NetSniff.Kube;

/// <summary>What kubectl reads of a kubeconfig and the package does not: proxies of clusters, token files of users.
/// </summary>
internal sealed class KubeConfigRest
{
    private readonly Dictionary<string, Uri> _proxies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _tokenFiles = new(StringComparer.Ordinal);

    public Uri? ProxyOf(string cluster) => _proxies.GetValueOrDefault(cluster);

    public string? TokenFileOf(string user) => _tokenFiles.GetValueOrDefault(user);

    /// <summary>Of two of one name the first that was read wins.</summary>
    /// <exception cref="YamlException">It is no YAML.</exception>
    /// <exception cref="FormatException">A proxy is no address.</exception>
    public void Read(string file)
    {
        var stream = new YamlStream();
        using (var text = File.OpenText(file)) stream.Load(text);
        if (stream.Documents is not [{ RootNode: YamlMappingNode root }, ..]) return;

        foreach (var (name, cluster) in Named(root, "clusters", "cluster"))
        {
            if (Text(cluster, "proxy-url") is not { Length: > 0 } text) continue;
            if (!Uri.TryCreate(text, UriKind.Absolute, out var proxy))
            {
                throw new FormatException($"proxy-url of cluster {name} is no address: {text}");
            }

            _proxies.TryAdd(name, proxy);
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        foreach (var (name, user) in Named(root, "users", "user"))
        {
            if (Text(user, "tokenFile") is not { Length: > 0 } path) continue;
            _tokenFiles.TryAdd(name, Path.Combine(folder, path));
        }
    }

    private static IEnumerable<(string Name, YamlMappingNode Content)> Named(
        YamlMappingNode root, string list, string content)
    {
        if (!root.Children.TryGetValue(list, out var node) || node is not YamlSequenceNode entries) yield break;

        foreach (var entry in entries.OfType<YamlMappingNode>())
        {
            if (Text(entry, "name") is { } name && entry.Children.TryGetValue(content, out var inner)
                && inner is YamlMappingNode mapping)
            {
                yield return (name, mapping);
            }
        }
    }

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) && value is YamlScalarNode { Value: { } text } ? text : null;
}
