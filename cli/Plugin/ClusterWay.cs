using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Kube;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Plugin;

/// <summary>A cluster that a command may ask, and the way to its workers.</summary>
internal sealed class ClusterWay : IDisposable
{
    /// <summary>What workers' certificates are made out to, whatever the installation is called.</summary>
    public const string WorkerName = "netsniff-worker";

    private static readonly TimeSpan s_statusMax = TimeSpan.FromSeconds(15);

    private readonly ClusterChoice _choice;
    private readonly string? _system;
    private readonly Terminal _terminal;

    public ClusterWay(
        ClusterClient client, ClusterChoice choice, TimeSpan timeMax, string? system, Terminal terminal)
    {
        Reading = new KubeReading(client, timeMax);
        (_choice, _system, _terminal) = (choice, system, terminal);
    }

    public KubeReading Reading { get; }

    public ClusterClient Client => Reading.Client;

    public Task<(Installation Installation, List<System.Text.Json.JsonElement> Pods)> FindAsync(
        CancellationToken cancel) => Installation.FindAsync(Reading, _system, cancel);

    /// <summary>A worker's query port, through the API server.</summary>
    /// <param name="namespaces">Asked about; none for all.</param>
    /// <exception cref="KubeRefusal">There is no worker, or no right to it.</exception>
    public async Task<QueryEndpoint> WorkerAsync(
        IReadOnlyList<string> namespaces, CancellationToken cancel, bool forPackets = false)
    {
        var (installation, pods) = await FindAsync(cancel).ConfigureAwait(false);
        if (!pods.Any(PodState.IsReady)) throw WorkerRoute.NoneReady(installation, pods);

        var route = new WorkerRoute(
            Reading, installation, new WorkerToken(Reading, installation, _choice, _terminal, forPackets));
        // Here, where a refusal is told as it is.
        await route.TokenAsync(cancel).ConfigureAwait(false);
        return new QueryEndpoint
        {
            Address = $"{WorkerName}:{QueryEndpoint.PortDefault}",
            Authorities = await AuthoritiesAsync(installation, cancel).ConfigureAwait(false),
            Route = route,
            Namespaces = namespaces,
        };
    }

    /// <exception cref="KubeRefusal">Nobody says who signed the workers' certificates.</exception>
    public async Task<X509Certificate2Collection> AuthoritiesAsync(
        Installation installation, CancellationToken cancel)
    {
        var map = await Reading.GetAsync(
            KubeKinds.ConfigMaps, installation.Namespace, installation.AuthorityMap, cancel).ConfigureAwait(false);
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(map.Text("data", "ca.crt"));
        }
        catch (CryptographicException)
        {
            authorities.Clear();
        }

        return authorities.Count > 0
            ? authorities
            : throw new KubeRefusal(
                $"ConfigMap {installation.Namespace}/{installation.AuthorityMap} has no certificate in ca.crt; the "
                + "operator writes it", FailureKind.Malformed);
    }

    /// <summary>What the workers say of themselves and of the sensors.</summary>
    /// <exception cref="KubeRefusal">None answers, or not to us.</exception>
    public Task<StatusAnswer> StatusAsync(TimeProvider clock, CancellationToken cancel) => AskAsync(
        (client, deadline) => client.StatusAsync(new StatusRequest(), deadline: deadline, cancellationToken: cancel),
        clock, cancel);

    /// <summary>How many flows of all namespaces began since then and match.</summary>
    /// <exception cref="KubeRefusal">No worker answers, or not to us.</exception>
    public async Task<long> FlowsAsync(string where, long sinceNanos, TimeProvider clock, CancellationToken cancel)
    {
        var request = new AggregateRequest { Kind = "flow", Where = where, SinceNanos = sinceNanos };
        var answer = await AskAsync(
            (client, deadline) => client.AggregateAsync(request, deadline: deadline, cancellationToken: cancel),
            clock, cancel).ConfigureAwait(false);
        return (long)answer.Rows.Sum(static row => row.Values.FirstOrDefault());
    }

    private async Task<TAnswer> AskAsync<TAnswer>(
        Func<Query.QueryClient, DateTime, AsyncUnaryCall<TAnswer>> ask, TimeProvider clock, CancellationToken cancel)
    {
        var endpoint = await WorkerAsync([], cancel).ConfigureAwait(false);
        // The cluster's client is still needed when this is over.
        using var channel = QueryChannel.To(endpoint with { Route = new KeptRoute(endpoint.Route!) });
        try
        {
            var deadline = (clock.GetUtcNow() + s_statusMax).UtcDateTime;
            return await ask(channel.Client, deadline).ConfigureAwait(false);
        }
        catch (RpcException problem)
        {
            if (KubeRefusal.In(problem.Status.DebugException) is { } refusal) throw refusal;

            var kind = problem.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated
                ? FailureKind.Forbidden : FailureKind.Unreachable;
            throw new KubeRefusal(Refusal.Words(problem), kind, problem);
        }
    }

    public void Dispose() => Client.Dispose();
}
