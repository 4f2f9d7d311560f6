using System.Globalization;
using System.Text.Json;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>The API server, and whether it has our kinds.</summary>
internal static class ServerChecks
{
    private const int MinorMin = 27, MinorMax = 36;

    /// <summary>From here on servers know the rules of definitions, CEL.</summary>
    private const int MinorOfRules = 28;

    public static async Task<CheckResult> AnswersAsync(DoctorScene scene)
    {
        var began = scene.Clock.GetTimestamp();
        await VersionOf(scene).ConfigureAwait(false);
        var took = (long)scene.Clock.GetElapsedTime(began).TotalNanoseconds;
        return Checks.Ok($"{scene.Reading.Client.Server} answers in {Human.Duration(took)}");
    }

    public static async Task<CheckResult> VersionAsync(DoctorScene scene)
    {
        var version = await VersionOf(scene).ConfigureAwait(false);
        var (name, minor) = (version.Text("gitVersion"), Minor(version));
        return minor switch
        {
            < MinorMin => Checks.Note(
                $"{name}; NetSniff is made for 1.{MinorMin} to 1.{MinorMax}", "what is missing in it is done without"),
            > MinorMax => Checks.Note($"{name}, newer than 1.{MinorMax}, which was the newest when this was made"),
            _ => Checks.Ok(name),
        };
    }

    public static async Task<CheckResult> KindsAsync(DoctorScene scene)
    {
        const string Fix = "`kubectl apply --server-side -f crds/` puts them there (docs/kubernetes.md)";
        ResourceKind[] kinds = [KubeKinds.Profiles, KubeKinds.Rules, KubeKinds.Sessions];
        var served = await ServedAsync(scene).ConfigureAwait(false);
        var missing = kinds.Where(kind => !served.Contains(kind.Plural)).Select(static kind => kind.Plural).ToList();
        if (missing.Count > 0) return Checks.Bad($"the server does not know {string.Join(", ", missing)}", Fix);

        var what = $"{Checks.Count(kinds.Length, "kind")} of {KubeKinds.Profiles.Group}/{KubeKinds.Profiles.Version}";
        var minor = Minor(await VersionOf(scene).ConfigureAwait(false));
        bool hasRules;
        try
        {
            hasRules = (await Task.WhenAll(kinds.Select(kind => HasRulesAsync(scene, kind))).ConfigureAwait(false))
                .All(static has => has);
        }
        catch (KubeRefusal refusal) when (refusal.Kind == FailureKind.Forbidden)
        {
            return Checks.Ok(what);
        }

        return (hasRules, minor >= MinorOfRules) switch
        {
            (true, true) => Checks.Ok($"{what}; the server checks rules between fields (CEL)"),
            (false, false) => Checks.Ok($"{what}, without rules between fields: this server knows none; the operator "
                + "checks them"),
            (false, true) => Checks.Note(
                $"{what}, without the rules between fields that this server could check",
                "`kubectl apply --server-side -f crds/` puts those with rules there"),
            _ => Checks.Note($"{what}; their rules between fields are passed over by this server"),
        };
    }

    private static Task<JsonElement> VersionOf(DoctorScene scene) => scene.Reading.RawAsync("/version", scene.Cancel);

    /// <summary>`20+` of some vendors is 20.</summary>
    private static int Minor(JsonElement version)
    {
        var digits = version.Text("minor").TakeWhile(char.IsAsciiDigit).ToArray();
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : 0;
    }

    private static async Task<HashSet<string>> ServedAsync(DoctorScene scene)
    {
        try
        {
            var list = await scene.Reading.RawAsync(KubeKinds.Profiles.GroupPath, scene.Cancel).ConfigureAwait(false);
            return [.. list.List("resources").Select(static one => one.Text("name"))];
        }
        catch (KubeRefusal refusal) when (refusal.Kind == FailureKind.NotServed)
        {
            return [];
        }
    }

    private static async Task<bool> HasRulesAsync(DoctorScene scene, ResourceKind kind)
    {
        var definition = await scene.Reading.GetAsync(
            KubeKinds.Definitions, null, $"{kind.Plural}.{kind.Group}", scene.Cancel).ConfigureAwait(false);
        return definition.GetRawText().Contains("x-kubernetes-validations", StringComparison.Ordinal);
    }
}
