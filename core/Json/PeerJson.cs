using NetSniff.Records;

namespace NetSniff.Json;

/// <summary>A peer as members of a JSON object, those it has.</summary>
public static class PeerJson
{
    private static readonly string[] s_kinds =
        [.. Enum.GetNames<PeerKind>().Select(name => name.ToLowerInvariant())];

    /// <summary>The names that filters use.</summary>
    public static PeerKeys Source { get; } = new("src.");

    public static PeerKeys Target { get; } = new("dst.");

    /// <summary>Without an end, in an object of their own.</summary>
    public static PeerKeys Plain { get; } = new("");

    public static void Write(JsonLine json, Peer peer, PeerKeys keys)
    {
        json.WriteString(keys.Kind, s_kinds[(int)peer.Kind]);
        Write(json, keys.Name, peer.Name);
        if (peer.Kind == PeerKind.Pod) Write(json, keys.Pod, peer.Name);
        Write(json, keys.Namespace, peer.Namespace);
        Write(json, keys.Workload, peer.Workload);
        Write(json, keys.WorkloadKind, peer.WorkloadKind);
        Write(json, keys.Service, peer.Service);
        Write(json, keys.Node, peer.Node);
        Write(json, keys.Zone, peer.Zone);
        Write(json, keys.Why, peer.Why);
        if (peer.Labels.Count == 0) return;

        json.WriteStartObject(keys.Label);
        for (var index = 0; index < peer.Labels.Count; index++)
        {
            json.WriteForeignName(peer.Labels[index].Key);
            json.WriteStringValue(peer.Labels[index].Value);
        }

        json.WriteEndObject();
    }

    private static void Write(JsonLine json, string key, string value)
    {
        if (value.Length > 0) json.WriteString(key, value);
    }
}

/// <summary>The keys of one end.</summary>
public sealed class PeerKeys(string start)
{
    public string Kind { get; } = start + "peer";

    public string Pod { get; } = start + "pod";

    public string Name { get; } = start + "name";

    public string Namespace { get; } = start + "namespace";

    public string Workload { get; } = start + "workload";

    public string WorkloadKind { get; } = start + "workload.kind";

    public string Service { get; } = start + "service";

    public string Node { get; } = start + "node";

    public string Zone { get; } = start + "zone";

    public string Why { get; } = start + "unnamed";

    public string Label { get; } = start + "label";
}
