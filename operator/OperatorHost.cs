using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Kube.Watching;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Certificates;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Leading;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator;

/// <summary>An operator put together: caches that are warm whether it leads or not, a lease, and reconcilers while it
/// does.</summary>
public sealed class OperatorHost : IAsyncDisposable
{
    private static readonly TimeSpan s_leaseTimeMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private readonly OperatorOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly LeaderFence _fence;
    private readonly LeaderElection _election;
    private readonly ResourceCache<LeaseRecord> _lease;
    private readonly OperatorParts _parts;
    private readonly OwnCertificates _certificates;
    private readonly List<Task> _running = [];
    private bool _isTold;
    private bool _isDisposed;

    public OperatorHost(OperatorOptions options, IClusterMembers members)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        var (settings, clock, random) = (options.Settings, options.Clock, options.Random);
        _fence = new LeaderFence(clock);
        var names = new ObjectNames(settings);
        var objects = new ObjectClient(options.Cluster, _fence.Check);
        var unfenced = new ObjectClient(options.Cluster) { TimeMax = s_leaseTimeMax };
        _election = new LeaderElection(unfenced, names.Lease, options.Identity, _fence, options.Lease, clock)
        {
            Said = word => options.Say($"{options.Identity} {word}", false),
            Looked = () => Looked?.Invoke(),
            PastPrefix = options.PastPrefix,
            Chance = random.NextDouble,
        };
        _lease = new ResourceCache<LeaseRecord>(
            options.Cluster, new LeaseReader(names.Lease), new WatchOptions { Namespace = names.Lease.Namespace },
            clock, random);
        _lease.Changed += (_, _, now) => _election.Hear(now);
        _certificates = new OwnCertificates(options.Cluster, names, clock, random, options.Say);
        _parts = new OperatorParts
        {
            Certificates = _certificates.Held,
            Settings = settings,
            Names = names,
            Objects = objects,
            Applier = new Applier(objects),
            Statuses = new StatusWriter(objects, clock),
            Events = new EventRecorder(objects, options.Identity, clock),
            Caches = new ClusterCaches(options.Cluster, settings.WatchNamespaces, clock, random),
            Children = new ChildCaches(options.Cluster, settings, names, clock, random),
            Members = members,
            Filters = new FilterChecks(options.CompileFilter),
            Clock = clock,
            Say = options.Say,
        };
        Loops = [.. Reconcilers.All(_parts).Select(Loop)];
    }

    public IReadOnlyList<ReconcileLoop> Loops { get; }

    public Applier Applier => _parts.Applier;

    public StatusWriter Statuses => _parts.Statuses;

    public EventRecorder Events => _parts.Events;

    /// <summary>Requests that changed something, all but those about the lease.</summary>
    public long Writes => _parts.Objects.Writes;

    /// <summary>For the channel: those of the secret, once there is one.</summary>
    public Wire.Security.HeldCertificates Certificates => _certificates.Held;

    public bool HasCertificates => _certificates.HasAny;

    /// <summary>Whether we surely lead.</summary>
    public bool IsLeading => _fence.Holds;

    public LeaderElection Election => _election;

    /// <summary>We do not lead, and whoever does has gone silent: we may, in a moment.</summary>
    public bool MayLeadSoon => !IsLeading && IsSynced && _election.IsSilent;

    /// <summary>Everything that there was at the beginning is known.</summary>
    public bool IsSynced => Caches.All(static cache => cache.IsSynced);

    public IEnumerable<IResourceWatch> Watches => [.. Caches.Select(static cache => cache.Watch), _lease.Watch];

    /// <summary>Called each time the lease was looked at.</summary>
    public Action? Looked { get; set; }

    private IEnumerable<IResourceCache> Caches =>
        [.. _parts.Caches.All, .. _parts.Children.All, _certificates.Cache];

    /// <summary>Fills the caches, then stands for leadership. Returns at once.</summary>
    public void Start()
    {
        foreach (var cache in Caches) _running.Add(Task.Run(() => cache.RunAsync(_stop.Token)));
        _running.Add(Task.Run(() => _lease.RunAsync(_stop.Token)));
        _running.Add(Task.Run(() => _parts.Events.RunAsync(_stop.Token)));
        _running.Add(Task.Run(StandAsync));
    }

    /// <summary>Ends the term in order: what is being done ends, the lease is given back.</summary>
    public async Task StopAsync()
    {
        if (_isDisposed) return;

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _isDisposed = true;
        _stop.Dispose();
    }

    private async Task StandAsync()
    {
        while (!IsSynced && !_stop.IsCancellationRequested)
        {
            await Task.Delay(s_look, _options.Clock, CancellationToken.None).ConfigureAwait(false);
            Looked?.Invoke();
        }

        await _election.RunAsync(LeadAsync, _stop.Token).ConfigureAwait(false);
    }

    private async Task LeadAsync(CancellationToken term)
    {
        if (!_isTold) _parts.Children.Tell(_parts.Applier, _options.Settings);
        _isTold = true;
        _parts.Applier.ForgetAll();
        _parts.Statuses.ForgetAll();
        var running = Loops.Select(loop =>
        {
            var run = loop.RunAsync(term);
            if (OwnOf(loop.Reconciler.Kind) is { } cache)
            {
                foreach (var name in cache.Names) loop.Queue.Add(name);
            }

            return run;
        });
        await Task.WhenAll(running.ToList()).ConfigureAwait(false);
    }

    private ReconcileLoop Loop(IReconciler reconciler)
    {
        var queue = new WorkQueue<ResourceName>(_options.Clock, _options.Random);
        // Whether we lead or not: what changes in a moment of doubt is not to be lost.
        reconciler.Wire(name => queue.Add(name));
        if (OwnOf(reconciler.Kind) is { } cache) cache.Changed += (name, _, _) => queue.Add(name);

        return new ReconcileLoop(reconciler, queue, _fence, _options.Clock)
        {
            Troubled = (name, problem, wait) => _options.Say(
                $"{reconciler.Kind.Plural} {name}: {problem.Message}; again in {wait.TotalSeconds:0.0} s",
                problem is not FencedException),
        };
    }

    private ResourceCache<OwnObject>? OwnOf(ResourceKind kind) =>
        kind.Group == OwnKinds.CaptureProfiles.Group ? _parts.Caches.Of(kind) : null;
}
