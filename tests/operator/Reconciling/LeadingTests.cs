using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Kube.Watching;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Leading;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator.Reconciling;

/// <summary>One leads, on a real API server.</summary>
[Collection(nameof(ControlPlane))]
public class LeadingTests(ControlPlane plane)
{
    private static readonly LeaseTimes s_times = new()
    {
        Duration = TimeSpan.FromSeconds(2), RenewMax = TimeSpan.FromSeconds(1), Retry = TimeSpan.FromSeconds(0.3),
        Look = TimeSpan.FromSeconds(0.1),
    };

    [Fact]
    public async Task Of_two_one_leads_and_the_other_when_it_gives_the_lease_back()
    {
        using var space = await plane.NewNamespaceAsync();
        var first = new Candidate(plane, space.Name, "first");
        await Eventually.Is(true, () => first.IsLeading);
        await using var second = new Candidate(plane, space.Name, "second");
        await Eventually.Is("first", () => second.Election.Leader);
        Assert.False(second.IsLeading);
        Assert.Equal(0, second.Terms);
        await first.DisposeAsync();
        Assert.False(first.IsLeading);
        await Eventually.Is(true, () => second.IsLeading);
        var lease = await new ObjectClient(space.Cluster).FindAsync(
            LeaderElection.Kind, new ResourceName(space.Name, "ns-operator"), CancellationToken.None);
        Assert.Equal("second", lease!["spec"]!["holderIdentity"]!.GetValue<string>());
        Assert.Equal(1, lease["spec"]!["leaseTransitions"]!.GetValue<int>());
    }

    /// <summary>The first is stopped in the middle of a write: nothing of it comes to the server afterwards.</summary>
    [Fact]
    public async Task Who_was_stopped_for_longer_than_its_lease_writes_nothing_before_it_leads_again()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var first = new Candidate(plane, space.Name, "first");
        await Eventually.Is(true, () => first.IsLeading);
        Assert.True(await first.WriteAsync("by first"));
        await using var second = new Candidate(plane, space.Name, "second");
        await Eventually.Is("first", () => second.Election.Leader);

        first.Stop();
        // On its way to the server when everything stops: it has been decided, and not yet sent.
        var late = first.WriteAsync("by first, late");
        await Eventually.Is(true, () => second.IsLeading);
        Assert.True(await second.WriteAsync("by second"));
        first.GoOn();
        await Assert.ThrowsAsync<FencedException>(() => late);
        await Eventually.Is(false, () => first.IsLeading);
        await Assert.ThrowsAsync<FencedException>(() => first.WriteAsync("by first, later"));
        var map = await new ObjectClient(space.Cluster).FindAsync(
            ObjectKinds.ConfigMaps, new ResourceName(space.Name, "one"), CancellationToken.None);
        Assert.Equal("by second", map!["data"]!["who"]!.GetValue<string>());
        Assert.True(second.IsLeading);
    }

    /// <summary>A container that was killed and began again need not wait for itself.</summary>
    [Fact]
    public async Task Who_comes_again_after_a_kill_takes_its_own_lease_at_once()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var first = new Candidate(plane, space.Name, "pod-1_first");
        await Eventually.Is(true, () => first.IsLeading);
        first.Stop();
        await using var again = new Candidate(plane, space.Name, "pod-1_second", "pod-1_");
        await again.FirstLook;
        Assert.True(again.IsLeading);
        first.GoOn();
    }

    /// <summary>One who looks once an hour, at a lease that is good for an hour.</summary>
    [Fact]
    public async Task Who_is_told_of_the_lease_counts_from_the_change_and_takes_it_the_moment_it_is_free()
    {
        using var space = await plane.NewNamespaceAsync();
        var (objects, hour, clock) = (new ObjectClient(space.Cluster), TimeSpan.FromHours(1), new FakeClock());
        var name = new ResourceName(space.Name, "ns-operator");
        async Task SayAsync(string holder, int renewed)
        {
            var found = await objects.FindAsync(LeaderElection.Kind, name, default);
            var lease = new LeaseRecord(
                holder, hour, "2026-01-31T12:00:00.000000Z", $"2026-01-31T12:00:0{renewed}.000000Z", 0, "").WriteTo(
                found ?? new JsonObject { ["metadata"] = new JsonObject { ["name"] = name.Name } });
            if (found is null) await objects.CreateAsync(LeaderElection.Kind, space.Name, lease, default);
            else await objects.ReplaceAsync(LeaderElection.Kind, name, lease, default);
        }

        await SayAsync("other", 0);
        using var client = plane.Open();
        var fence = new LeaderFence(clock);
        var election = new LeaderElection(
            new ObjectClient(client), name, "one", fence, s_times with { Look = hour, Duration = hour }, clock);
        using var stop = new CancellationTokenSource();
        var cache = new ResourceCache<LeaseRecord>(
            client, new LeaseReader(name), new WatchOptions { Namespace = space.Name }, TimeProvider.System,
            new Random(1));
        cache.Changed += (_, _, now) => election.Hear(now);
        var watching = cache.RunAsync(stop.Token);
        var running = election.RunAsync(static term => Task.Delay(Timeout.Infinite, term), stop.Token);
        await Eventually.Is("other", () => election.Leader);
        await Eventually.Is(true, () => cache.IsSynced);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(election.IsSilent);
        await SayAsync("other", 1);
        await Eventually.Is(false, () => election.IsSilent);
        Assert.False(fence.Holds);

        await SayAsync("", 2);
        await Eventually.Is(true, () => fence.Holds);
        await stop.CancelAsync();
        await Task.WhenAll(running, watching);
    }

    [Fact]
    public void A_fence_holds_for_less_than_the_lease_by_either_clock()
    {
        var clock = new FakeClock();
        var fence = new LeaderFence(clock);
        Assert.False(fence.Holds);
        fence.Confirm(fence.Now(), TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(4.4));
        Assert.True(fence.Holds);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.False(fence.Holds);
        Assert.Throws<FencedException>(fence.Check);
        // What was asked long ago is confirmed too late.
        var asked = fence.Now();
        clock.Advance(TimeSpan.FromSeconds(6));
        fence.Confirm(asked, TimeSpan.FromSeconds(5));
        Assert.False(fence.Holds);
    }

    /// <summary>One that stands for leadership, and can be stopped as a whole: nothing of it goes out meanwhile.
    /// </summary>
    private sealed class Candidate : IAsyncDisposable
    {
        private readonly ManualResetEventSlim _goes = new(true);
        private readonly CancellationTokenSource _stop = new();
        private readonly ClusterClient _client;
        private readonly LeaderFence _fence = new(TimeProvider.System);
        private readonly Applier _applier;
        private readonly Task _running;
        private readonly string _space;
        private bool _isDisposed;

        private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Candidate(ControlPlane plane, string space, string identity, string pastPrefix = "")
        {
            (_client, _space) = (plane.Open(), space);
            _applier = new Applier(new ObjectClient(_client, () =>
            {
                _goes.Wait();
                _fence.Check();
            }));
            Election = new LeaderElection(
                new ObjectClient(_client, _goes.Wait),
                new ResourceName(space, "ns-operator"),
                identity,
                _fence,
                s_times,
                TimeProvider.System)
            {
                PastPrefix = pastPrefix,
                Looked = () => _looked.TrySetResult(),
            };
            _running = Task.Run(() => Election.RunAsync(
                async term =>
                {
                    Terms++;
                    await Task.Delay(Timeout.Infinite, term);
                },
                _stop.Token));
        }

        public LeaderElection Election { get; }

        public Task FirstLook => _looked.Task;

        public int Terms { get; private set; }

        public bool IsLeading => _fence.Holds;

        public void Stop() => _goes.Reset();

        public void GoOn() => _goes.Set();

        public Task<bool> WriteAsync(string who) => Task.Run(() => _applier.ApplyAsync(
            ObjectKinds.ConfigMaps,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ConfigMap",
                ["metadata"] = new JsonObject { ["name"] = "one", ["namespace"] = _space },
                ["data"] = new JsonObject { ["who"] = who },
            },
            CancellationToken.None));

        public async ValueTask DisposeAsync()
        {
            if (_isDisposed) return;

            _isDisposed = true;
            _goes.Set();
            await _stop.CancelAsync();
            await _running;
            _client.Dispose();
            _stop.Dispose();
            _goes.Dispose();
        }
    }
}
