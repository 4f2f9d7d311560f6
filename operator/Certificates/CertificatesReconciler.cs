using System.Text;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using Authority = NetSniff.Wire.Security.Certificates;
using CoreQuantity = NetSniff.Config.Quantity;

namespace NetSniff.Operator.Certificates;

/// <summary>Keeps a private authority, and a certificate of it for each role, made anew before they end.</summary>
public sealed class CertificatesReconciler : IReconciler
{
    private const string Component = "certificates";
    private const string Tls = "kubernetes.io/tls";

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMinutes(10);
    private static readonly ResourceName s_all = new("", "certificates");

    private readonly OperatorParts _parts;
    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _authorityLifetime;
    private Action<ResourceName> _again = static _ => { };

    public CertificatesReconciler(OperatorParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _lifetime = LengthOf(parts.Settings.Certificates.Lifetime);
        _authorityLifetime = LengthOf(parts.Settings.Certificates.AuthorityLifetime);
    }

    public ResourceKind Kind => ObjectKinds.Secrets;

    public void Wire(Action<ResourceName> again)
    {
        _again = again;
        _parts.Children.Changed += (plural, name) =>
        {
            if (plural == "secrets" || name.Name == _parts.Names.Bundle) again(s_all);
        };
    }

    public void Begin() => _again(s_all);

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        var authorities = await AuthoritiesAsync(cancel).ConfigureAwait(false);
        using var signer = Authority.FromPem(authorities.Certificate, authorities.Key);
        foreach (var (role, place, names) in Roles())
        {
            await IssueAsync(authorities, signer, role, place, names, cancel).ConfigureAwait(false);
        }

        var bundle = _parts.Names.Head("v1", "ConfigMap", _parts.Names.InSystem(_parts.Names.Bundle), Component);
        bundle["data"] = new JsonObject { ["ca.crt"] = authorities.Bundle };
        await _parts.Applier.ApplyAsync(ObjectKinds.ConfigMaps, bundle, cancel).ConfigureAwait(false);
        return s_lookEvery;
    }

    private IEnumerable<(string Role, ResourceName Secret, string[] Names)> Roles()
    {
        var names = _parts.Names;
        yield return ("operator", names.InSystem(names.Tls("operator")), [.. Service(names.Operator)]);
        yield return ("worker", names.InSystem(names.Tls("worker")), [.. Service(names.Worker)]);
        yield return ("sensor", names.AmongSensors(names.Tls("sensor")), []);
    }

    private string[] Service(string name)
    {
        var (space, domain) = (_parts.Settings.Namespace, _parts.Settings.ClusterDomain);
        return [name, $"{name}.{space}", $"{name}.{space}.svc", $"{name}.{space}.svc.{domain}"];
    }

    /// <summary>Never by apply: an authority that somebody else made a moment ago must not be written over.</summary>
    private async Task<Authorities> AuthoritiesAsync(CancellationToken cancel)
    {
        var place = _parts.Names.InSystem(_parts.Names.Authority);
        var now = _parts.Clock.GetUtcNow();
        var secret = await _parts.Objects.FindAsync(ObjectKinds.Secrets, place, cancel).ConfigureAwait(false);
        if (secret is null)
        {
            var made = Authorities.Next(null, now, _authorityLifetime);
            await _parts.Objects.CreateAsync(ObjectKinds.Secrets, place.Namespace, Secret(place, made), cancel)
                .ConfigureAwait(false);
            _parts.Say("a private authority was made", false);
            return made;
        }

        var known = new Authorities(
            Text(secret, "ca.crt"), Text(secret, "ca.key"), Text(secret, "next.crt"), Text(secret, "next.key"),
            Text(secret, "old.crt"));
        var next = Authorities.Next(known, now, _authorityLifetime);
        if (ReferenceEquals(next, known)) return known;

        var changed = Secret(place, next);
        changed["metadata"]!["resourceVersion"] = secret["metadata"]!["resourceVersion"]!.GetValue<string>();
        await _parts.Objects.ReplaceAsync(ObjectKinds.Secrets, place, changed, cancel).ConfigureAwait(false);
        _parts.Say(next.NextCertificate.Length > 0 ? "a next authority was made" : "the authorities changed", false);
        return next;
    }

    private async Task IssueAsync(
        Authorities authorities,
        Authority signer,
        string role,
        ResourceName place,
        string[] otherNames,
        CancellationToken cancel)
    {
        var secret = await _parts.Objects.FindAsync(ObjectKinds.Secrets, place, cancel).ConfigureAwait(false);
        var (certificate, key) = (Text(secret, "tls.crt"), Text(secret, "tls.key"));
        var (name, now) = ($"netsniff-{role}", _parts.Clock.GetUtcNow());
        if (authorities.Wants(certificate, key, [name, .. otherNames], now))
        {
            (certificate, key) = signer.IssueFor(now, _lifetime, name, otherNames);
            _parts.Say($"a certificate for {name} was made", false);
        }

        var wanted = _parts.Names.Head("v1", "Secret", place, Component);
        wanted["type"] = Tls;
        wanted["data"] = Data(("ca.crt", authorities.Bundle), ("tls.crt", certificate), ("tls.key", key));
        await _parts.Applier.ApplyAsync(ObjectKinds.Secrets, wanted, cancel).ConfigureAwait(false);
    }

    private static TimeSpan LengthOf(string text) => CoreQuantity.TryParseAge(text, out var length)
        ? length : throw new ArgumentException($"'{text}' is no length of time: settings are checked before");

    private JsonObject Secret(ResourceName place, Authorities authorities)
    {
        var secret = _parts.Names.Head("v1", "Secret", place, Component);
        secret["type"] = "Opaque";
        secret["data"] = Data(
            ("ca.crt", authorities.Certificate), ("ca.key", authorities.Key), ("next.crt", authorities.NextCertificate),
            ("next.key", authorities.NextKey), ("old.crt", authorities.OldCertificates));
        return secret;
    }

    private static JsonObject Data(params ReadOnlySpan<(string Name, string Text)> all)
    {
        var data = new JsonObject();
        foreach (var (name, text) in all)
        {
            if (text.Length > 0) data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        }

        return data;
    }

    private static string Text(JsonObject? secret, string name) =>
        secret?["data"]?[name]?.GetValue<string>() is { } text
            ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : "";
}
