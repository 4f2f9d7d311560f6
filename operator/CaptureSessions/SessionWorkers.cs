using Grpc.Core;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Workers;
using NetSniff.Wire.Querying;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.CaptureSessions;

/// <summary>Asks workers for files of sessions, as the operator: with its certificate, at their query ports.</summary>
public sealed class SessionWorkers(OperatorParts parts, ICertificateSource certificates)
{
    private const string WorkerName = "netsniff-worker";

    private static readonly TimeSpan s_forgetMax = TimeSpan.FromSeconds(5);

    /// <summary>Has a file made by any worker that is ready, and waits for it.</summary>
    /// <exception cref="RpcException">It was refused, or the worker went away.</exception>
    /// <exception cref="IOException">There is no worker, or we have no certificate yet.</exception>
    public async Task<(KeptFile File, Completeness Completeness)> KeepAsync(
        KeepRequest request, CancellationToken cancel)
    {
        using var channel = Open();
        using var call = channel.Client.Keep(request, cancellationToken: cancel);
        KeepAnswer? last = null;
        while (await call.ResponseStream.MoveNext(cancel).ConfigureAwait(false)) last = call.ResponseStream.Current;
        return last is { File: { } file, Completeness: { } completeness }
            ? (file, completeness) : throw new IOException("the worker ended without a file");
    }

    /// <summary>Has the files of a session deleted everywhere; where that fails they go when their time is over.
    /// </summary>
    public async Task ForgetAsync(string session, CancellationToken cancel)
    {
        try
        {
            using var channel = Open();
            await channel.Client.ForgetAsync(
                new ForgetRequest { Session = session }, deadline: DateTime.UtcNow + s_forgetMax,
                cancellationToken: cancel).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is RpcException or IOException)
        {
            parts.Say($"files of {session} stay until their time is over: {problem.Message}", false);
        }
    }

    private QueryChannel Open()
    {
        var own = certificates.Current;
        var labels = parts.Names.Selector(WorkerObjects.Component);
        var pods = parts.Caches.Pods.By(ClusterCaches.ByNamespace, parts.Settings.Namespace)
            .Where(pod => pod is { IsReady: true, Addresses.Count: > 0 } && labels.All(label =>
                pod.Labels.TryGetValue(label.Key, out var value) && value == label.Value!.GetValue<string>()))
            .OrderBy(static pod => pod.Name.Name, StringComparer.Ordinal);
        var worker = pods.FirstOrDefault() ?? throw new IOException("no worker is ready");
        var host = worker.Addresses[0].Contains(':') ? $"[{worker.Addresses[0]}]" : worker.Addresses[0];
        return QueryChannel.To(new QueryEndpoint
        {
            Address = FormattableString.Invariant($"{host}:{WorkerObjects.QueryPort}"),
            Authorities = own.Authority,
            Identity = own.Identity,
            ServerName = WorkerName,
        });
    }
}
