using System.Security.Cryptography;
using NetSniff.Kube;
using NetSniff.Packets;
using NetSniff.Wire.Health;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Kubernetes;
using NetSniff.Worker.Health;

namespace NetSniff.Cli.Hosting;

/// <summary>A worker's names from a cluster's API server, and how that goes: the condition `names`.</summary>
internal sealed class ClusterNames : IWorkerNames
{
    private readonly Terminal _terminal;
    private readonly Condition _condition;
    private readonly IdentityBook _book = new();
    private readonly Enricher _enricher;
    private readonly CancellationTokenSource _stop = new();
    private readonly ClusterClient _cluster;
    private readonly Task _naming;
    private string _told = "";

    public ClusterNames(Terminal terminal, HealthBoard board, ClusterClient cluster)
    {
        (_terminal, _condition, _cluster) = (terminal, board.AddCondition("names"), cluster);
        _enricher = new Enricher(_book);
        var random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        var source = new KubernetesIdentitySource(cluster, terminal.Clock, random);
        source.Looked = () =>
        {
            // The age of what is known is another each second, and no news.
            var state = Of(source);
            Tell(state.Text.Length == 0 ? "" : state.Reason, source.Problem, cluster.Server, state);
        };
        board.AddLedger(() => [.. _enricher.Ledger(), .. _book.Ledger()]);
        board.Add(new WatchMetrics(source.Watches, terminal.Clock));
        _naming = Task.Run(() => source.RunAsync(_book, _stop.Token));
    }

    public void Enrich(Span<byte> records, int count) => _enricher.Enrich(records);

    public string? Change(string path) =>
        path.Length == 0 ? null : "names come from the cluster (--kubernetes): leave it out, or start without that";

    public string? NameOf(Address address, long timeNanos) => _book.Snapshot.NameOf(address, timeNanos);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _naming.ConfigureAwait(false);
        _cluster.Dispose();
        _stop.Dispose();
    }

    /// <summary>Names that were once told hold while the server is away: a worker without news is better than none.
    /// </summary>
    private static ConditionState Of(KubernetesIdentitySource source)
    {
        var problem = source.Problem ?? "";
        if (!source.IsComplete) return new ConditionState(false, "Pending", problem);
        if (source.StaleSince is not null) return new ConditionState(true, "ServerAway", problem);

        return new ConditionState(true, problem.Length == 0 ? "Synced" : "Partial", problem);
    }

    /// <param name="news">Another than the last time when there is something to say; empty while all is well.</param>
    private void Tell(string news, string? problem, string where, ConditionState state)
    {
        _condition.Set(state.Holds, state.Reason, state.Text);
        if (news == _told) return;

        _told = news;
        var words = news.Length > 0 ? $"{problem}; names stay as they were" : "read, all is well again";
        _terminal.Say($"{where}: {words}");
    }
}
