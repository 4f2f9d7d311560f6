using System.Globalization;
using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Wire.Ring;

namespace NetSniff.Cli.Hosting;

/// <summary>Workers that one slice of a service's end points names.</summary>
/// <param name="Problem">Why not all of them can be used.</param>
internal sealed record ServiceSlice(IReadOnlyList<RingMember> Members, string? Problem);

/// <summary>Reads who is behind a service and ready: name and port of each.</summary>
internal sealed class ServiceSlices(ServiceText service) : IResourceReader<ServiceSlice>
{
    private static readonly ResourceKind s_endpoints = new("", "v1", "endpoints");

    public IReadOnlyList<ResourceKind> Kinds { get; } =
    [
        new("discovery.k8s.io", "v1", "endpointslices"), new("discovery.k8s.io", "v1beta1", "endpointslices"),
        s_endpoints,
    ];

    public string Selection(ResourceKind kind) => kind == s_endpoints
        ? $"fieldSelector=metadata.name%3D{service.Name}"
        : $"labelSelector=kubernetes.io%2Fservice-name%3D{service.Name}";

    public ServiceSlice? Read(ResourceKind kind, JsonElement one)
    {
        if (kind != s_endpoints && one.Text("addressType") == "FQDN") return null;

        var reading = new Reading(service);
        if (kind == s_endpoints)
        {
            foreach (var subset in one.List("subsets"))
            {
                var port = reading.PortOf(subset.List("ports"));
                foreach (var address in subset.List("addresses")) reading.Add(address, address.Text("ip"), port);
            }
        }
        else
        {
            var port = reading.PortOf(one.List("ports"));
            foreach (var endpoint in one.List("endpoints"))
            {
                // Nothing said means ready, so the API has it.
                if (endpoint.Inner("conditions", "ready") is { ValueKind: JsonValueKind.False }) continue;

                reading.Add(endpoint, endpoint.Texts("addresses").FirstOrDefault() ?? "", port);
            }
        }

        return new ServiceSlice(reading.Members, reading.Problem);
    }

    private sealed class Reading(ServiceText service)
    {
        public List<RingMember> Members { get; } = [];

        public string? Problem { get; private set; }

        /// <summary>The one of the name that was asked for; else the only one.</summary>
        public int PortOf(IEnumerable<JsonElement> ports)
        {
            var all = ports.ToList();
            var named = all.Where(port => port.Text("name") == service.Port).ToList();
            var chosen = named.Count > 0 ? named : all;
            if (chosen is [var port, ..] && (named.Count > 0 || all.Count == 1)) return port.Number("port") ?? 0;

            if (all.Count > 0) Problem ??= $"service {service}: it has no port of that name";
            return 0;
        }

        /// <param name="entry">Of an end point: which pod it is.</param>
        public void Add(JsonElement entry, string address, int port)
        {
            if (address.Length == 0 || port is <= 0 or > ushort.MaxValue) return;

            var name = entry.Text("targetRef", "name") is { Length: > 0 } pod ? pod
                : entry.Text("hostname") is { Length: > 0 } host ? host
                : address.Replace(':', '-');
            if (!MemberText.IsName(name))
            {
                Problem ??= $"service {service}: a worker may not be called '{name}'";
                return;
            }

            var written = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
            Members.Add(new RingMember(
                name, string.Create(CultureInfo.InvariantCulture, $"{written}:{port}")));
        }
    }
}
