using System.Security.Cryptography;
using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Wire.Ring;

namespace NetSniff.Cli.Hosting;

/// <summary>Workers are the ready pods behind a service, as the cluster tells.</summary>
/// <remarks>While nobody is ready, and while the API server is away, the last that were known stay: to look for them is
/// better than to have nobody.</remarks>
internal sealed class ServiceMembers : IMembership, IAsyncDisposable
{
    private readonly ServiceText _service;
    private readonly ClusterClient _cluster;
    private readonly ResourceWatch<ServiceSlice> _watch;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private readonly Dictionary<ResourceName, ServiceSlice> _slices = [];
    private IReadOnlyList<RingMember> _members = [];
    private string? _said;

    /// <param name="cluster">Owned by this.</param>
    public ServiceMembers(ServiceText service, ClusterClient cluster, TimeProvider clock, WatchOptions? options = null)
    {
        (_service, _cluster) = (service, cluster);
        _watch = new ResourceWatch<ServiceSlice>(
            cluster,
            new ServiceSlices(service),
            (options ?? new WatchOptions()) with { Namespace = service.Namespace },
            clock,
            new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
            TellAsync);
        _watching = Task.Run(() => _watch.RunAsync(_stop.Token));
    }

    public IReadOnlyList<RingMember> Members => Volatile.Read(ref _members);

    public string? Problem => _watch.State.Failure is { } failure
        ? $"service {_service}: {failure.Text}" : Volatile.Read(ref _said);

    public IResourceWatch Watch => _watch;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _cluster.Dispose();
        _stop.Dispose();
    }

    private ValueTask TellAsync(WatchChange<ServiceSlice> change, CancellationToken cancel)
    {
        if (change.Kind == WatchChangeKind.Put) _slices[change.Name] = change.Object!;
        if (change.Kind == WatchChangeKind.Gone) _slices.Remove(change.Name);
        // A list is taken whole: half of one would be half of the workers.
        if (change.Kind == WatchChangeKind.Synced || !change.IsListed) Gather();
        return ValueTask.CompletedTask;
    }

    private void Gather()
    {
        // Of a worker with two addresses IPv4's, and at any rate the same one at every sensor.
        List<RingMember> found =
        [
            .. _slices.Values.SelectMany(static slice => slice.Members)
                .OrderBy(static member => member.Name, StringComparer.Ordinal)
                .ThenBy(static member => member.Address.StartsWith('['))
                .ThenBy(static member => member.Address, StringComparer.Ordinal)
                .DistinctBy(static member => member.Name, StringComparer.Ordinal),
        ];
        var said = _slices.Values.Select(static slice => slice.Problem).FirstOrDefault(static text => text is not null);
        if (found.Count > RingTable.MembersMax)
        {
            said = $"service {_service}: more than {RingTable.MembersMax} workers, the others are left out";
            found.RemoveRange(RingTable.MembersMax, found.Count - RingTable.MembersMax);
        }

        if (found.Count == 0)
        {
            said ??= $"service {_service}: nobody behind it is ready";
            if (_members.Count > 0) said += "; the last that were stay";
        }

        Volatile.Write(ref _said, said);
        if (found.Count > 0 && !found.SequenceEqual(_members)) Volatile.Write(ref _members, found);
    }
}
