using System.Security.Cryptography;
using System.Text;
using NetSniff.Cli.Commands;
using NetSniff.Kube;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Wire.Health;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Kubernetes;
using NetSniff.Worker.Enrich.Yaml;
using NetSniff.Worker.Health;
using NetSniff.Worker.Ingest;

namespace NetSniff.Cli.Hosting;

/// <summary>Where a worker has names from, a file or a cluster, and how that goes: the condition `names`.</summary>
internal sealed class WorkerNames : IAsyncDisposable
{
    private readonly Terminal _terminal;
    private readonly Condition _condition;
    private readonly IdentityBook _book = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ClusterClient? _cluster;
    private readonly Task _naming;
    private string _told = "";

    private WorkerNames(Terminal terminal, HealthBoard board, string file)
    {
        (_terminal, _condition) = (terminal, board.AddCondition("names"));
        var source = new YamlIdentitySource(file, terminal.Clock);
        source.Looked = () => Tell(source.Problem ?? "", source.Problem, file, source.Problem is null
            ? new ConditionState(true, "Read") : new ConditionState(false, "FileRefused", source.Problem));
        source.Look(_book);
        board.AddLedger(_book.Ledger);
        _naming = Task.Run(() => source.RunAsync(_book, _stop.Token));
    }

    private WorkerNames(Terminal terminal, HealthBoard board, ClusterClient cluster)
    {
        (_terminal, _condition, _cluster) = (terminal, board.AddCondition("names"), cluster);
        var random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        var source = new KubernetesIdentitySource(cluster, terminal.Clock, random);
        source.Looked = () =>
        {
            // The age of what is known is another each second, and no news.
            var state = Of(source);
            Tell(state.Text.Length == 0 ? "" : state.Reason, source.Problem, cluster.Server, state);
        };
        board.AddLedger(_book.Ledger);
        board.Add(new WatchMetrics(source.Watches, terminal.Clock));
        _naming = Task.Run(() => source.RunAsync(_book, _stop.Token));
    }

    /// <returns>Null where the settings name no source.</returns>
    /// <exception cref="UsageException">Two are named, or the cluster's configuration cannot be used.</exception>
    public static WorkerNames? Of(WorkerSettings settings, Terminal terminal, HealthBoard board)
    {
        if (!settings.IsNamedByCluster)
        {
            return settings.IdentityFile is { } file ? new WorkerNames(terminal, board, file) : null;
        }

        if (settings.IdentityFile is not null)
        {
            throw new UsageException("--names and --kubernetes both say whose addresses are whose: give one of them");
        }

        return new WorkerNames(terminal, board, settings.Cluster!.Open());
    }

    public IRecordEnricher NewEnricher() => new NamesOfEnds(new Enricher(_book));

    /// <summary>What an address was called at a time; null where nobody says.</summary>
    public string? NameOf(Address address, long timeNanos)
    {
        var peer = Peers.Of(_book.Snapshot.Find(address, 0, 0, timeNanos));
        return peer.Name.Length == 0 ? null : Encoding.UTF8.GetString(peer.Shown);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _naming.ConfigureAwait(false);
        _cluster?.Dispose();
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
        _terminal.Say(news.Length > 0 ? $"{problem}; names stay as they were" : $"{where}: read, all is well again");
    }

    private sealed class NamesOfEnds(Enricher enricher) : IRecordEnricher
    {
        public void Enrich(Span<byte> records, int count) => enricher.Enrich(records);
    }
}
