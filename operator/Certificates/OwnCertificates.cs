using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Wire.Security;

namespace NetSniff.Operator.Certificates;

/// <summary>The operator's own certificate, as its secret has it now: every replica needs it, whoever leads.</summary>
internal sealed class OwnCertificates
{
    private readonly Action<string, bool> _say;

    public OwnCertificates(
        ClusterClient cluster, ObjectNames names, TimeProvider clock, Random random, Action<string, bool> say)
    {
        _say = say;
        var place = names.InSystem(names.Tls("operator"));
        Cache = new ResourceCache<Pem>(
            cluster, new PemReader(place.Name), new WatchOptions { Namespace = place.Namespace }, clock, random);
        Cache.Changed += (_, _, now) => Take(now);
    }

    public ResourceCache<Pem> Cache { get; }

    public HeldCertificates Held { get; } = new();

    public bool HasAny { get; private set; }

    private void Take(Pem? pem)
    {
        // A secret that is gone is made again; until then what was in it is still good.
        if (pem is null) return;

        try
        {
            Held.Replace(pem.Authority, pem.Certificate, pem.Key);
            HasAny = true;
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            _say($"the operator's certificate cannot be used: {problem.Message}", true);
        }
    }

    internal sealed record Pem(string Authority, string Certificate, string Key);

    private sealed class PemReader(string name) : IResourceReader<Pem>
    {
        public IReadOnlyList<ResourceKind> Kinds { get; } = [ObjectKinds.Secrets];

        public string Selection(ResourceKind kind) => $"fieldSelector={Uri.EscapeDataString($"metadata.name={name}")}";

        public Pem Read(ResourceKind kind, JsonElement one) =>
            new(Text(one, "ca.crt"), Text(one, "tls.crt"), Text(one, "tls.key"));

        private static string Text(JsonElement one, string key)
        {
            var text = one.Text("data", key);
            var bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out var length)
                ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        }
    }
}
