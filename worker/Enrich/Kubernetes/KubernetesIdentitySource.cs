using System.Globalization;
using System.Threading.Channels;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Worker.Enrich.Kubernetes;

/// <summary>Names from a cluster's API server: pods, nodes, services, what is behind them, and what owns
/// them.</summary>
/// <remarks>Each kind is watched on its own; what they tell is gathered for a moment and then applied in one go, for
/// every change of the book makes a snapshot. While the server is away the book stays as it was.</remarks>
public sealed class KubernetesIdentitySource : IIdentitySource
{
    /// <summary>Changes that wait to be applied; a watch that tells more waits itself.</summary>
    private const int ChangesMax = 16_384;

    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(200);

    /// <summary>History grows old without a change as well.</summary>
    private static readonly TimeSpan s_forgetEvery = TimeSpan.FromMinutes(1);

    /// <summary>Between two notices there may be a minute; longer is worth a word.</summary>
    private static readonly TimeSpan s_quietMax = TimeSpan.FromMinutes(3);

    private readonly TimeProvider _clock;
    private readonly Channel<IdentityChange> _changes = Channel.CreateBounded<IdentityChange>(
        new BoundedChannelOptions(ChangesMax) { SingleReader = true });

    private readonly ResourceWatch<ToldObject>[] _watches;

    /// <param name="random">Spreads the waits of many workers.</param>
    public KubernetesIdentitySource(
        ClusterClient cluster, TimeProvider clock, Random random, WatchOptions? options = null)
    {
        _clock = clock;
        options ??= new WatchOptions();
        IResourceReader<ToldObject>[] readers =
        [
            new PodReader(), new NodeReader(), new ServiceReader(), new EndpointsReader(),
            new WorkloadReader("ReplicaSet", new ResourceKind("apps", "v1", "replicasets")),
            new WorkloadReader("Job", new ResourceKind("batch", "v1", "jobs")),
        ];
        _watches = [.. readers.Select(reader => new ResourceWatch<ToldObject>(
            cluster, reader, options, clock, new Random(random.Next()), TellAsync))];
    }

    /// <summary>Each kind's watch.</summary>
    public IReadOnlyList<IResourceWatch> Watches => _watches;

    /// <summary>Called after each turn.</summary>
    public Action? Looked { get; set; }

    /// <summary>All that could be told was told: kinds that we may not see keep nobody waiting.</summary>
    /// <remarks>Pods are what it is about; without them there is nothing to rely on.</remarks>
    public bool IsComplete => _watches[0].State.IsSynced && _watches.All(static watch => watch.State.IsSynced
        || watch.State.Failure is { Kind: FailureKind.Forbidden or FailureKind.NotServed });

    /// <summary>From when on it is not known what has changed; null while all watches are open.</summary>
    public DateTimeOffset? StaleSince
    {
        get
        {
            var now = _clock.GetUtcNow();
            DateTimeOffset? since = null;
            foreach (var watch in _watches)
            {
                var state = watch.State;
                var isStale = state.IsSynced && (state.Failure is not null || now - state.HeardAt > s_quietMax);
                if (isStale && !(since <= state.HeardAt)) since = state.HeardAt;
            }

            return since;
        }
    }

    public string? Problem
    {
        get
        {
            var problems = _watches.Where(static watch => watch.State.Failure is not null)
                .GroupBy(static watch => watch.State.Failure!.Value.Text)
                .Select(static same => $"{string.Join(", ", same.Select(static watch => watch.Plural))}: {same.Key}");
            var text = string.Join("; ", problems);
            if (text.Length == 0) return null;

            return StaleSince is { } since
                ? string.Create(
                    CultureInfo.InvariantCulture, $"names are of {since:u}, {Age(since)} s ago: {text}")
                : text;
        }
    }

    public async Task RunAsync(IdentityBook book, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(book);
        var watching = Task.WhenAll(
            _watches.Select(watch => Task.Run(() => watch.RunAsync(cancel), CancellationToken.None)));
        using var timer = new PeriodicTimer(s_gather, _clock);
        var appliedAt = _clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
            {
                List<IdentityChange> changes = [];
                while (changes.Count < ChangesMax && _changes.Reader.TryRead(out var change)) changes.Add(change);
                if (changes.Count > 0 || _clock.GetElapsedTime(appliedAt) > s_forgetEvery)
                {
                    book.Apply(changes, NanosOf(_clock.GetUtcNow()));
                    appliedAt = _clock.GetTimestamp();
                }

                Looked?.Invoke();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The end.
        }

        await watching.ConfigureAwait(false);
    }

    private static long NanosOf(DateTimeOffset time) =>
        (time.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;

    private long Age(DateTimeOffset since) => (long)(_clock.GetUtcNow() - since).TotalSeconds;

    private ValueTask TellAsync(WatchChange<ToldObject> change, CancellationToken cancel)
    {
        if (change is not { Kind: not WatchChangeKind.Synced, Object: { } told }) return ValueTask.CompletedTask;

        var now = NanosOf(_clock.GetUtcNow());
        if (change.Kind == WatchChangeKind.Gone)
        {
            return _changes.Writer.WriteAsync(new IdentityChange(now, told.Object, IsGone: true), cancel);
        }

        var since = HadAddresses(change.Before?.Object, told.Object) ? now
            : told.AddressedNanos ?? (IsFromBegin(change) ? told.BegunNanos : null) ?? now;
        return _changes.Writer.WriteAsync(new IdentityChange(Math.Min(since, now), told.Object), cancel);
    }

    /// <summary>What changes of it now, changes now: since when it had its addresses was told before.</summary>
    private static bool HadAddresses(IdentityObject? before, IdentityObject now) => now.Addresses.Count == 0
        || (before is { Addresses.Count: > 0 } && (before as PodObject)?.Uid == (now as PodObject)?.Uid);

    /// <summary>A pod gets its address later than it comes to be; what is found in a list had it all along, as far as
    /// anybody knows.</summary>
    private static bool IsFromBegin(WatchChange<ToldObject> change) =>
        change.IsListed || (change.Before is null && change.Object!.Object is not PodObject);
}
