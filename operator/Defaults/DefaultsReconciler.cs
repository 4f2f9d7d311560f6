using NetSniff.Kube;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.Defaults;

/// <summary>Applies the profile and the rules that come with the installation, once a term, and removes those that do
/// not come with it any more.</summary>
/// <remarks>What somebody changed of them stays as they made it: a field that is another manager's is not fought for,
/// and an object whose file is the same as when it was applied is not written at all.</remarks>
public sealed class DefaultsReconciler(OperatorParts parts) : IReconciler
{
    /// <summary>Of the fields that are said in the files.</summary>
    public const string Manager = "netsniff-defaults";

    private const int Conflict = 409;

    /// <summary>None of the kind is called so: it stands for all of them.</summary>
    private static readonly ResourceName s_all = new("", "defaults");

    private Action<ResourceName>? _again;

    public ResourceKind Kind => OwnKinds.CaptureProfiles;

    public void Wire(Action<ResourceName> again) => _again = again;

    public void Begin() => _again?.Invoke(s_all);

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        // Told of no defaults, nobody knows which were meant to go.
        if (name != s_all || parts.Settings.Defaults.Length == 0) return null;

        var wanted = DefaultObjects.Read(parts.Settings.Defaults, parts.Settings);
        foreach (var one in wanted) await ApplyAsync(one, cancel).ConfigureAwait(false);
        foreach (var kind in (ResourceKind[])[OwnKinds.CaptureProfiles, OwnKinds.DetectionRules])
        {
            await PruneAsync(kind, wanted, cancel).ConfigureAwait(false);
        }

        return null;
    }

    private async Task ApplyAsync(DefaultObject one, CancellationToken cancel)
    {
        var there = parts.Caches.Of(one.Kind).Find(one.Name);
        if (there is { IsDeleting: true }) throw new InvalidOperationException($"{one.Name} is being deleted");
        if (there is not null && HashOf(there) == one.Hash) return;

        try
        {
            await parts.Objects
                .ApplyAsync(one.Kind, one.Name, one.Body.DeepClone().AsObject(), Manager, "", cancel, isForced: false)
                .ConfigureAwait(false);
        }
        catch (ApiException problem) when (problem.Code == Conflict)
        {
            var note = $"{one.Kind.Plural} {one.Name} was changed by somebody and stays so, although what comes with "
                + $"the installation is another now: {problem.Message}";
            parts.Say(note, true);
            if (there is not null)
            {
                parts.Events.Tell(EventSubject.Of(there), true, "DefaultChanged", "Reconcile", note);
            }
        }
    }

    private async Task PruneAsync(ResourceKind kind, IReadOnlyList<DefaultObject> wanted, CancellationToken cancel)
    {
        var kept = wanted.Where(one => one.Kind == kind).Select(one => one.Name).ToHashSet();
        foreach (var one in parts.Caches.Of(kind).All)
        {
            var isOurs = one.Name.Namespace == parts.Settings.Namespace
                && one.Labels.GetValueOrDefault(DefaultObjects.Label) == "true"
                && one.Labels.GetValueOrDefault("app.kubernetes.io/instance") == parts.Settings.Instance;
            if (!isOurs || kept.Contains(one.Name) || one.IsDeleting) continue;

            await parts.Objects.DeleteAsync(kind, one.Name, "", cancel).ConfigureAwait(false);
            parts.Say($"{kind.Plural} {one.Name} does not come with the installation any more and was removed", false);
        }
    }

    private static string HashOf(OwnObject one) =>
        one.Copy()["metadata"]?["annotations"]?[DefaultObjects.HashAnnotation]?.GetValue<string>() ?? "";
}
