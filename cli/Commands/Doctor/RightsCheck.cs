using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>What whoever asks may do, and what does not work without.</summary>
internal static class RightsCheck
{
    private const string Own = "netsniff.io";

    public static async Task<CheckResult> LookAsync(DoctorScene scene)
    {
        var installation = await InstallationAsync(scene).ConfigureAwait(false);
        var where = installation.Namespace;
        var hasToken = await scene.Reading.Client.BearerTokenAsync(scene.Cancel).ConfigureAwait(false) is not null;
        List<Right> needed =
        [
            new("list", "", "pods", "", where, "finding the workers"),
            new("get", "", "pods", "portforward", where, "the way to the workers"),
            new("get", "", "configmaps", "", where, "knowing the workers", installation.AuthorityMap),
        ];
        if (!hasToken)
        {
            needed.Add(new Right(
                "create", "", "serviceaccounts", "token", where, "showing the workers who asks",
                installation.ViewerAccount));
        }

        List<Right> wished =
        [
            new("get", Own, "flows", "", null, "records of all namespaces, status and SQL"),
            new("get", Own, "capturesessions", "files", null, "packets of all namespaces"),
            new("list", Own, "captureprofiles", "", null, "profiles and how they are"),
        ];
        var missing = await MissingAsync(scene, needed).ConfigureAwait(false);
        if (missing.Count > 0)
        {
            return Checks.Bad(
                $"not allowed: {Checks.Some(missing)}",
                $"bind the role {installation.Instance}-user in namespace {where} to you (docs/kubectl.md)");
        }

        var without = await MissingAsync(scene, wished).ConfigureAwait(false);
        return without.Count > 0
            ? Checks.Note(
                $"not allowed everywhere: {Checks.Some(without)}",
                $"in single namespaces it may be (-n NAME); the roles {installation.Instance}-view and "
                + $"{installation.Instance}-admin give it")
            : Checks.Ok(
                "records, packets, SQL and status of all namespaces"
                + (hasToken ? "" : $", as {installation.ViewerAccount}: your kubeconfig has no token"));
    }

    /// <summary>Where it usually is, for those who may not look for it.</summary>
    private static async Task<Installation> InstallationAsync(DoctorScene scene)
    {
        try
        {
            return await scene.InstallationAsync().ConfigureAwait(false);
        }
        catch (KubeRefusal refusal) when (refusal.Kind == FailureKind.Forbidden)
        {
            return new Installation(Installation.NamespaceDefault, Installation.InstanceDefault);
        }
    }

    private static async Task<List<string>> MissingAsync(DoctorScene scene, List<Right> rights)
    {
        var answers = await Task.WhenAll(rights.Select(right => scene.Reading.MayAsync(
            right.Verb, right.Group, right.Resource, right.Namespace, scene.Cancel, right.Subresource, right.Name)))
            .ConfigureAwait(false);
        return [.. rights.Zip(answers).Where(static one => !one.Second).Select(static one => one.First.ToString())];
    }

    private sealed record Right(
        string Verb, string Group, string Resource, string Subresource, string? Namespace, string For, string Name = "")
    {
        public override string ToString() =>
            $"{Verb} {Resource}{(Subresource.Length > 0 ? "/" + Subresource : "")} ({For})";
    }
}
