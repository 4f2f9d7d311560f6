using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>Whether workers are there, are who they should be, and answer.</summary>
internal static class WorkerChecks
{
    /// <summary>Workers whose certificates are looked at.</summary>
    private const int LookedAtMax = 5;

    /// <summary>The operator renews long before.</summary>
    private static readonly TimeSpan s_expiryMin = TimeSpan.FromDays(7);

    private static readonly TimeSpan s_handshakeMax = TimeSpan.FromSeconds(10);

    public static async Task<CheckResult> PodsAsync(DoctorScene scene)
    {
        var installation = await scene.InstallationAsync().ConfigureAwait(false);
        var pods = await scene.WorkerPodsAsync().ConfigureAwait(false);
        if (pods.Count == 0)
        {
            return Checks.Bad(
                $"there are none in namespace {installation.Namespace}",
                "the operator makes them for an accepted CaptureProfile; see Operator and Profiles");
        }

        var waiting = pods.Where(static pod => !PodState.IsReady(pod)).ToList();
        var what = $"{pods.Count - waiting.Count} of {pods.Count} ready";
        if (waiting.Count == 0) return Checks.Ok(what);

        var why = Checks.Grouped(waiting.Select(static pod => (PodState.NameOf(pod), PodState.WhyNot(pod))));
        var fix = $"`kubectl -n {installation.Namespace} describe pod {PodState.NameOf(waiting[0])}`; `… logs -p`";
        return waiting.Count < pods.Count
            ? Checks.Note($"{what}; not {why}", fix) : Checks.Bad($"{what}: {why}", fix);
    }

    public static async Task<CheckResult> CertificatesAsync(DoctorScene scene)
    {
        var installation = await scene.InstallationAsync().ConfigureAwait(false);
        var authorities = await scene.Way.AuthoritiesAsync(installation, scene.Cancel).ConfigureAwait(false);
        var now = scene.Clock.GetUtcNow();
        var authorityEnds = authorities.Max(static one => new DateTimeOffset(one.NotAfter));
        var ready = (await scene.WorkerPodsAsync().ConfigureAwait(false)).Where(PodState.IsReady)
            .Select(PodState.NameOf).Take(LookedAtMax).ToList();
        if (ready.Count == 0) return Checks.Skipped("no worker is ready to show one");

        var ends = authorityEnds;
        foreach (var pod in ready)
        {
            try
            {
                var shown = await ShownAsync(scene, installation, pod, authorities).ConfigureAwait(false);
                if (shown < ends) ends = shown;
            }
            catch (AuthenticationException problem)
            {
                return Checks.Bad(
                    $"{pod}'s certificate is not believed: {problem.Message}",
                    $"`kubectl -n {installation.Namespace} delete pod {pod}` makes it take up its present one");
            }
            catch (Exception problem) when (problem is IOException or ClusterException)
            {
                return Checks.Bad(
                    $"{pod} cannot be reached through the API server: {problem.Message}",
                    "the API server must reach the node's kubelet, on port 10250");
            }
        }

        var left = Human.Duration((long)(ends - now).TotalNanoseconds);
        if (ends <= now) return Checks.Bad("a certificate has expired", "the operator renews them: see Operator");
        return ends - now < s_expiryMin
            ? Checks.Note($"one ends in {left}", "the operator renews them long before; see Operator")
            : Checks.Ok($"of {Checks.Count(ready.Count, "worker")}, good for {left}");
    }

    public static async Task<CheckResult> AnswersAsync(DoctorScene scene)
    {
        var began = scene.Clock.GetTimestamp();
        var status = await scene.StatusAsync().ConfigureAwait(false);
        var took = Human.Duration((long)scene.Clock.GetElapsedTime(began).TotalNanoseconds);
        var absent = status.Completeness.Absent;
        return absent.Count > 0
            ? Checks.Bad(
                Checks.Some(absent.Select(static one => $"{one.Worker} does not answer the others: {one.Why}")),
                "answers lack what these keep; NetworkPolicies must let workers reach each other on port "
                + $"{QueryEndpoint.PortDefault}")
            : Checks.Ok($"{Checks.Count(status.Workers.Count, "worker")} answered in {took}, through the API server");
    }

    private static async Task<DateTimeOffset> ShownAsync(
        DoctorScene scene, Installation installation, string pod, X509Certificate2Collection authorities)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(scene.Cancel);
        limit.CancelAfter(s_handshakeMax);
        using var stream = await scene.Reading.Client.ForwardAsync(
            installation.Namespace, pod, QueryEndpoint.PortDefault, limit.Token).ConfigureAwait(false);
        using var tls = new SslStream(stream);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = ClusterWay.WorkerName, CertificateChainPolicy = policy,
                ApplicationProtocols = [SslApplicationProtocol.Http2],
            },
            limit.Token).ConfigureAwait(false);
        using var certificate = new X509Certificate2(tls.RemoteCertificate!);
        return certificate.NotAfter;
    }
}
