using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Keeps what was accepted of each profile, a ConfigMap for each: whoever leads next goes on with it though
/// the profile makes no sense meanwhile.</summary>
public sealed class AcceptedStore(OperatorParts parts)
{
    public const string Component = "profile";

    private const string Key = "profile.json";

    /// <summary>What there is of profiles that still exist; of others nothing is left.</summary>
    public async Task<IReadOnlyList<AcceptedProfile>> LoadAsync(CancellationToken cancel)
    {
        var labels = $"{parts.Names.Selection},{ObjectNames.Component}={Component}";
        var maps = await parts.Objects.ListAsync(ObjectKinds.ConfigMaps, parts.Settings.Namespace, labels, cancel)
            .ConfigureAwait(false);
        List<AcceptedProfile> found = [];
        foreach (var map in maps)
        {
            var one = Read(map["data"]?[Key]?.GetValue<string>());
            if (one is not null && parts.Caches.Profiles.Find(one.Name)?.Uid == one.Uid)
            {
                found.Add(one);
                continue;
            }

            if (one is not null && !IsWatched(one.Name)) await LetGoAsync(one, cancel).ConfigureAwait(false);

            var name = map["metadata"]!["name"]!.GetValue<string>();
            await parts.Applier.DeleteAsync(ObjectKinds.ConfigMaps, parts.Names.InSystem(name), "", cancel)
                .ConfigureAwait(false);
        }

        return found;
    }

    private bool IsWatched(ResourceName profile) => parts.Settings.WatchNamespaces.Count == 0
        || parts.Settings.WatchNamespaces.Contains(profile.Namespace);

    /// <summary>It is in a namespace that is looked at no more, and nobody would take our finalizer from it.</summary>
    private async Task LetGoAsync(AcceptedProfile profile, CancellationToken cancel)
    {
        var whole = await parts.Objects.FindAsync(OwnKinds.CaptureProfiles, profile.Name, cancel).ConfigureAwait(false);
        if (whole is null || new OwnObject(whole) is not { } one || one.Uid != profile.Uid) return;

        await Finalizers.RemoveAsync(parts.Objects, OwnKinds.CaptureProfiles, one, cancel).ConfigureAwait(false);
        parts.Say($"profile {profile.Name} is let go: its namespace is looked at no more", false);
    }

    public Task KeepAsync(AcceptedProfile profile, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var map = parts.Names.Head("v1", "ConfigMap", NameOf(profile.Name), Component);
        var labels = map["metadata"]!["labels"]!.AsObject();
        labels["netsniff.io/owner-namespace"] = profile.Name.Namespace;
        labels["netsniff.io/owner-name"] = profile.Name.Name;
        labels["netsniff.io/owner-uid"] = profile.Uid;
        var content = new JsonObject
        {
            ["namespace"] = profile.Name.Namespace,
            ["name"] = profile.Name.Name,
            ["uid"] = profile.Uid,
            ["generation"] = profile.Generation,
            ["spec"] = ResourceJson.Write(profile.Spec),
        };
        map["data"] = new JsonObject { [Key] = content.ToJsonString() };
        return parts.Applier.ApplyAsync(ObjectKinds.ConfigMaps, map, cancel);
    }

    public async Task RemoveAsync(ResourceName profile, CancellationToken cancel)
    {
        if (parts.Children.Maps.Find(NameOf(profile)) is null) return;

        await parts.Applier.DeleteAsync(ObjectKinds.ConfigMaps, NameOf(profile), "", cancel).ConfigureAwait(false);
    }

    private ResourceName NameOf(ResourceName profile)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(profile.ToString())))[..10];
        return parts.Names.InSystem($"{parts.Settings.Instance}-profile-{hash}");
    }

    private static AcceptedProfile? Read(string? text)
    {
        try
        {
            return JsonNode.Parse(text ?? "") is JsonObject one && one["spec"] is { } spec
                ? new AcceptedProfile(
                    new ResourceName(Text(one["namespace"]), Text(one["name"])),
                    Text(one["uid"]),
                    one["generation"]?.GetValue<long>() ?? 0,
                    ResourceJson.Read<CaptureProfileSpec>(spec))
                : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // Somebody else's words; the profile is looked at anew.
            return null;
        }
    }

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";
}
