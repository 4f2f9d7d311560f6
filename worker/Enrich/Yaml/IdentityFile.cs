using System.Globalization;
using NetSniff.Packets;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;
using NetSniff.Json;

namespace NetSniff.Worker.Enrich.Yaml;

/// <summary>Reads docs/identity.md's file: all of it, or nothing and why.</summary>
public static class IdentityFile
{
    /// <summary>Characters of a file.</summary>
    public const int LengthMax = 64 << 20;

    /// <summary>Objects of a file.</summary>
    public const int ObjectsMax = 500_000;

    /// <exception cref="IdentityFileException">It is not such a file; the text says where and what.</exception>
    public static IReadOnlyList<IdentityObject> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LengthMax) throw new IdentityFileException($"it has more than {LengthMax} characters");

        try
        {
            var page = new DeserializerBuilder()
                .WithNamingConvention(CamelCaseNamingConvention.Instance)
                .WithDuplicateKeyChecking()
                .Build()
                .Deserialize<IdentityPage?>(new Parser(new StringReader(text)));
            return page is null ? [] : Objects(page);
        }
        catch (YamlException problem)
        {
            throw new IdentityFileException($"line {problem.Start.Line}: {YamlTrouble.Words(problem)}", problem);
        }
    }

    private static List<IdentityObject> Objects(IdentityPage page)
    {
        List<IdentityObject> objects =
        [
            .. Whole(page.Networks, "networks").Select(network => new NetworkObject(Network(network, "networks"))),
            .. Whole(page.Nodes, "nodes").Select(Node),
            .. Whole(page.Workloads, "workloads").Select(Workload),
            .. Whole(page.Pods, "pods").Select(Pod),
            .. Whole(page.Services, "services").SelectMany(Service),
            .. Whole(page.Hosts, "hosts").Select(Host),
        ];
        if (objects.Count > ObjectsMax) throw new IdentityFileException($"it has more than {ObjectsMax} objects");

        var twice = objects.GroupBy(one => one.Key).FirstOrDefault(same => same.Count() > 1)?.First();
        return twice is null ? objects : throw new IdentityFileException($"{Called(twice)} is there twice");
    }

    private static List<T> Whole<T>(List<T> entries, string what) =>
        entries.Contains(default!) ? throw new IdentityFileException($"{what}: an entry is empty") : entries;

    private static List<KeyValuePair<string, string>> Labels(Entry entry) =>
        [.. entry.Labels.Select(label => KeyValuePair.Create(label.Key, label.Value ?? ""))];

    private static NodeObject Node(NodeEntry entry) => new(Named(entry.Name, "a node"))
    {
        Addresses = Addresses(entry.Addresses, entry.Name),
        Zone = entry.Zone,
        Labels = Labels(entry),
        FromNanos = Moment(entry.From, entry.Name),
        UntilNanos = Moment(entry.Until, entry.Name),
    };

    private static WorkloadObject Workload(WorkloadEntry entry) =>
        new(Named(entry.Kind, "a workload's kind"), entry.Namespace, Named(entry.Name, "a workload"))
        {
            Owner = Owner(entry.Owner, entry.Name),
        };

    private static PodObject Pod(PodEntry entry) => new(entry.Namespace, Named(entry.Name, "a pod"))
    {
        Uid = entry.Uid,
        Node = entry.Node,
        Addresses = Addresses(entry.Addresses, entry.Name),
        IsHostNetwork = entry.HostNetwork,
        Ports = [.. Whole(entry.Ports, entry.Name).Select(port => Port(port, entry.Name))],
        Owner = Owner(entry.Owner, entry.Name),
        Labels = Labels(entry),
        FromNanos = Moment(entry.From, entry.Name),
        UntilNanos = Moment(entry.Until, entry.Name),
    };

    private static IEnumerable<IdentityObject> Service(ServiceEntry entry)
    {
        var name = Named(entry.Name, "a service");
        yield return new ServiceObject(entry.Namespace, name)
        {
            Addresses = Addresses(entry.Addresses, name),
            Labels = Labels(entry),
            FromNanos = Moment(entry.From, name),
            UntilNanos = Moment(entry.Until, name),
        };
        if (entry.Endpoints.Count == 0) yield break;

        yield return new EndpointsObject(entry.Namespace, name, name) { Addresses = Addresses(entry.Endpoints, name) };
    }

    private static HostObject Host(HostEntry entry) => new(entry.Namespace, Named(entry.Name, "a host"))
    {
        Addresses = Addresses([.. Whole(entry.Addresses, entry.Name).Where(text => !IsNetwork(text))], entry.Name),
        Networks = [.. Whole(entry.Addresses, entry.Name).Where(IsNetwork).Select(text => Network(text, entry.Name))],
        Zone = entry.Zone,
        Labels = Labels(entry),
        FromNanos = Moment(entry.From, entry.Name),
        UntilNanos = Moment(entry.Until, entry.Name),
    };

    private static bool IsNetwork(string text) => text.Contains('/', StringComparison.Ordinal);

    private static IdentityNetwork Network(string text, string whose) =>
        IdentityNetwork.TryParse(text, out var network)
            ? network
            : throw new IdentityFileException($"{whose}: '{text}' is no network: write one such as 10.0.0.0/8");

    private static List<Address> Addresses(List<string> texts, string whose)
    {
        List<Address> addresses = [];
        foreach (var text in Whole(texts, whose).Distinct())
        {
            if (!IdentityNetwork.TryAddress(text, out var address))
            {
                throw new IdentityFileException($"{whose}: '{text}' is no address");
            }

            addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>`8080`, `53/udp`.</summary>
    private static PodPort Port(string text, string whose)
    {
        var parts = text.Split('/');
        byte protocol = parts is [_] or [_, "tcp" or "TCP"] ? IpProtocol.Tcp
            : parts is [_, "udp" or "UDP"] ? IpProtocol.Udp
            : parts is [_, "sctp" or "SCTP"] ? IpProtocol.Sctp
            : (byte)0;
        var isNumber = ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        return protocol != 0 && isNumber && port != 0
            ? new PodPort(protocol, port)
            : throw new IdentityFileException($"{whose}: '{text}' is no port: write 8080, 53/udp or 38412/sctp");
    }

    private static IdentityOwner? Owner(OwnerEntry? entry, string whose) => entry is null
        ? null
        : new IdentityOwner(Named(entry.Kind, $"the kind of {whose}'s owner"), Named(entry.Name, $"{whose}'s owner"));

    private static long? Moment(string? text, string whose)
    {
        if (text is null) return null;

        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, utc, out var moment)
            ? Timestamps.Nanos(moment)
            : throw new IdentityFileException($"{whose}: '{text}' is no time: write one such as 2026-01-31T09:00:00Z");
    }

    private static string Named(string name, string what) =>
        name.Length > 0 ? name : throw new IdentityFileException($"{what} has no name");

    private static string Called(IdentityObject one) =>
        one.Namespace.Length > 0 ? $"{one.Namespace}/{one.Name}" : one.Name;
}

/// <summary>Says what is wrong with a file of names.</summary>
public sealed class IdentityFileException(string message, Exception? inner = null) : Exception(message, inner);
