using NetSniff.Packets;

namespace NetSniff.Filters.Expression;

/// <summary>Another name of a field.</summary>
/// <param name="Name">As others call it.</param>
/// <param name="Field">As it is called here.</param>
public sealed record FieldAlias(string Name, string Field);

/// <summary>A bit of a number that can be asked for by a name of its own.</summary>
/// <param name="Field">Whose bit it is.</param>
/// <param name="About">The docs' sentence.</param>
public sealed record FieldBit(string Name, string Field, int Bit, string About);

/// <summary>Names that resources, OpenTelemetry's conventions and other tools have for fields of ours: docs and ADR 52
/// have the rules they follow. Append only: what is written in rules stays.</summary>
public static class FieldAliases
{
    private const string ClientFlags = "flow.tcp.flags.toserver";

    /// <summary>`pod.labels["app"]` is the label that `label.app` is.</summary>
    private static readonly string[] s_labels = ["pod.labels", "labels"];

    public static IReadOnlyList<FieldAlias> All { get; } =
    [
        .. OfEnd("src."), .. OfEnd("dst."), .. OfEnd(""),
        new("http.request.method", "http.method"),
        new("http.request.target", "http.uri"),
        new("http.request.host", "http.host"),
        new("http.request.user_agent", "http.user_agent"),
        new("http.response.status", "http.status"),
        new("http.response.status_code", "http.status"),
        new("http.request.body.size", "http.request.bytes"),
        new("http.response.body.size", "http.response.bytes"),
        new("user_agent.original", "http.user_agent"),
        new("rpc.service", "grpc.service"),
        new("rpc.method", "grpc.method"),
        new("rpc.grpc.status_code", "grpc.status"),
        new("dns.question.name", "dns.qname"),
        new("dns.question.type", "dns.qtype_name"),
        new("tls.server_name", "tls.sni"),
        new("tls.client.server_name", "tls.sni"),
        new("tls.client.ja3", "tls.ja3"),
        new("tls.server.ja3s", "tls.ja3s"),
        new("source.address", "src.ip"),
        new("source.port", "src.port"),
        new("destination.address", "dst.ip"),
        new("destination.port", "dst.port"),
        new("client.address", "src.ip"),
        new("client.port", "src.port"),
        new("server.address", "dst.ip"),
        new("server.port", "dst.port"),
        new("network.transport", "proto"),
        new("network.protocol.name", "app"),
        new("k8s.pod.name", "pod"),
        new("k8s.namespace.name", "namespace"),
    ];

    /// <summary>Flags of TCP that the client ever set in a connection: `tcp.flags.syn and not tcp.flags.ack` asks for
    /// connections that were never made.</summary>
    public static IReadOnlyList<FieldBit> Bits { get; } =
    [
        .. Enum.GetValues<TcpFlags>().Where(static flag => flag != TcpFlags.None).Select(static flag =>
        {
            var name = Enum.GetName(flag)!;
            return new FieldBit(
                "tcp.flags." + name.ToLowerInvariant(), ClientFlags, System.Numerics.BitOperations.Log2((uint)flag),
                $"The client ever set {name.ToUpperInvariant()} in this connection");
        }),
    ];

    /// <summary>What resources may ask for and no record has in this version, with why.</summary>
    public static IReadOnlyDictionary<string, string> NotServed { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["http.request.body"] = "bodies are not recorded in this version",
            ["http.response.body"] = "bodies are not recorded in this version",
            ["http.route"] = "routes are not told apart from targets in this version",
            ["http.path"] = "targets are not split in this version: http.uri has them whole",
            ["url.path"] = "targets are not split in this version: http.uri has them whole",
            ["url.query"] = "targets are not split in this version: http.uri has them whole",
        };

    /// <summary>What a field is called here; null for what is no other name.</summary>
    public static string? Resolve(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (s_byName.TryGetValue(name, out var field)) return field;

        // src.pod.labels["app"]
        var open = name.IndexOf('[', StringComparison.Ordinal);
        if (open < 0 || name.Length < open + 5 || name[^1] != ']' || name[^2] != name[open + 1]
            || name[^2] is not ('"' or '\''))
        {
            return null;
        }

        var key = name[(open + 2)..^2];
        if (!key.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/'))
        {
            return null;
        }

        var whose = name[..open];
        foreach (var end in (ReadOnlySpan<string>)["src.", "dst.", ""])
        {
            foreach (var labels in s_labels)
            {
                if (whose == end + labels) return $"{end}label.{key}";
            }
        }

        return null;
    }

    private static readonly Dictionary<string, string> s_byName =
        All.ToDictionary(static alias => alias.Name, static alias => alias.Field, StringComparer.Ordinal);

    private static IEnumerable<FieldAlias> OfEnd(string end)
    {
        yield return new(end + "pod.name", end + "pod");
        yield return new(end + "pod.namespace", end + "namespace");
        yield return new(end + "namespace.name", end + "namespace");
        yield return new(end + "workload.name", end + "workload");
        yield return new(end + "service.name", end + "service");
        if (end.Length > 0) yield return new(end + "node.name", end + "node");
    }
}
