using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Tests.Sensor.Export;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;
using NetSniff.Worker;

namespace NetSniff.Tests.Worker;

/// <summary>Workers and a sensor's sending half in one process, over a loopback.</summary>
[Collection(nameof(Alone))]
public class WorkerHostTests
{
    private const int Many = 20_000;

    [Fact]
    public async Task Two_workers_share_what_a_sensor_sends()
    {
        await using var bed = new Bed();
        var (one, other) = (await bed.StartWorkerAsync("w-0"), await bed.StartWorkerAsync("w-1"));
        bed.Start();
        bed.Send(Many);
        await bed.StopAsync();
        await one.StopAsync();
        await other.StopAsync();
        Assert.Equal(Many, bed.StoredOnce());
        Assert.All(bed.Stores.Values, store => Assert.InRange(store.Ids.Count, Many / 3, 2 * Many / 3));
    }

    [Fact]
    public async Task A_worker_that_ends_in_order_keeps_what_it_has_and_the_rest_goes_to_others()
    {
        await using var bed = new Bed();
        var (one, other) = (await bed.StartWorkerAsync("w-0"), await bed.StartWorkerAsync("w-1"));
        bed.Start();
        bed.Send(Many);
        await Until(() => one.RecordsStored > 100 && other.RecordsStored > 100);
        await one.StopAsync();
        bed.Send(Many);
        // It is still a member; nothing of it is waited for.
        await Until(() => bed.Spool.Counts().Records == 0);
        await bed.StopAsync();
        await other.StopAsync();
        Assert.Equal(2 * Many, bed.StoredOnce());
    }

    [Fact]
    public async Task What_waits_for_a_worker_that_never_came_goes_to_the_one_that_takes_its_place()
    {
        await using var bed = new Bed();
        bed.Members.Add(new RingMember("w-9", "127.0.0.1:1"));
        bed.Start();
        bed.Send(Many);
        Assert.Equal(Many, bed.Spool.Counts().Records);
        bed.Members.Clear();
        var worker = await bed.StartWorkerAsync("w-0");
        await Until(() => bed.Spool.Counts().Records == 0);
        await bed.StopAsync();
        await worker.StopAsync();
        Assert.Equal(Many, bed.StoredOnce());
        Assert.Equal(["w-0/flows"], bed.Spool.Lanes.Select(lane => lane.Name));
    }

    [Fact]
    public async Task A_store_that_fails_for_a_while_is_told_and_costs_nothing()
    {
        await using var bed = new Bed();
        var worker = await bed.StartWorkerAsync("w-0");
        bed.Stores["w-0"].IsFailing = true;
        bed.Start();
        bed.Send(Many);
        await Until(() => worker.Problem == "no space left");
        Assert.Equal(0, worker.RecordsStored);
        bed.Stores["w-0"].IsFailing = false;
        await Until(() => worker.Problem is null && worker.RecordsStored == Many);
        Assert.Equal(Many, bed.StoredOnce());
    }

    /// <summary>A log with room for next to nothing, and a store that does not commit.</summary>
    [Fact]
    public async Task A_full_worker_takes_nothing_more_and_goes_on_by_itself()
    {
        await using var bed = new Bed();
        var small = new QueueOptions { SegmentBytes = 256 * 1024, BytesMax = 512 * 1024 };
        var worker = await bed.StartWorkerAsync("w-0", options => options with { Log = small });
        bed.Stores["w-0"].IsFailing = true;
        bed.Start();
        bed.Send(10 * Many);
        await Until(() => worker.Inbox.Weight == 0);
        Assert.True(bed.Spool.Counts().Records > 0);
        bed.Stores["w-0"].IsFailing = false;
        await Until(() => worker.RecordsStored == 10 * Many);
        Assert.Equal(10 * Many, bed.StoredOnce());
        Assert.Equal(0, bed.Spool.Counts().RecordsDropped);
    }

    [Fact]
    public async Task Over_mTLS_those_of_one_authority_talk_and_a_stranger_delivers_nothing()
    {
        using var folder = new TemporaryFolder();
        using var authority = Certificates.NewAuthority("ours", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        using var another = Certificates.NewAuthority("ours", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        authority.IssueTo(folder["w-0"], "w-0");
        authority.IssueTo(folder["sensor"], "sensor");
        another.IssueTo(folder["stranger"], "sensor");
        await File.WriteAllTextAsync(Path.Combine(folder["stranger"], "ca.crt"), authority.AuthorityPem);
        await using var bed = new Bed { Security = Client("sensor") };
        var worker = await bed.StartWorkerAsync("w-0", options => options with { Security = Server("w-0") });
        bed.Start();
        bed.Send(Many);
        await Until(() => worker.RecordsStored == Many);

        await using var stranger = new Bed { Security = Client("stranger") };
        stranger.Members.AddRange(bed.Members);
        stranger.Start();
        stranger.Send(Many);
        await Until(() => stranger.Problem is not null);
        Assert.Equal(Many, stranger.Spool.Counts().Records);
        await using var plain = new Bed();
        plain.Members.AddRange(bed.Members);
        plain.Start();
        plain.Send(Many);
        await Until(() => plain.Problem is not null);
        Assert.Equal(Many, worker.RecordsStored);
        Assert.Single(worker.Sensors());

        ClientSecurity Client(string name) => new(new CertificateFiles(CertificatePaths.In(folder[name])));
        ServerSecurity Server(string name) => new(new CertificateFiles(CertificatePaths.In(folder[name])));
    }

    private static async Task Until(
        Func<bool> isSo, [CallerArgumentExpression(nameof(isSo))] string? what = null)
    {
        // Far more than it takes: only a test that fails waits so long.
        for (var began = Stopwatch.GetTimestamp(); !isSo(); await Task.Delay(20))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60), $"never: {what}");
        }
    }

    private sealed class Bed : IMembership, IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly List<WorkerHost> _workers = [];
        private readonly CancellationTokenSource _stop = new();
        private readonly CancellationTokenSource _stopAtOnce = new();
        private readonly Distribution _distribution = new();
        private Dispatcher? _dispatcher;
        private Exporter? _exporter;
        private NumberedFlows? _flows;
        private Task _sending = Task.CompletedTask;

        public Bed() => Spool = Spool.Open(_folder["spool"], new() { SegmentBytes = 256 * 1024, BytesMax = 64 << 20 });

        public Spool Spool { get; }

        public ClientSecurity? Security { get; init; }

        public List<RingMember> Members { get; } = [];

        IReadOnlyList<RingMember> IMembership.Members => [.. Members];

        string? IMembership.Problem => null;

        public Dictionary<string, FixtureStore> Stores { get; } = [];

        public string? Problem => _dispatcher!.Workers.Select(worker => worker.Problem).FirstOrDefault();

        public async Task<WorkerHost> StartWorkerAsync(string name, Func<WorkerOptions, WorkerOptions>? change = null)
        {
            var store = Stores[name] = new FixtureStore();
            var options = new WorkerOptions { Name = name, Version = "test", Folder = _folder[name] };
            var worker = new WorkerHost(change?.Invoke(options) ?? options, store);
            _workers.Add(worker);
            await worker.StartAsync();
            Members.Add(new RingMember(name, worker.Address));
            return worker;
        }

        public void Start()
        {
            var options = new DeliveryOptions { Sensor = Spool.Id, Node = "n", Version = "test", Security = Security };
            _dispatcher = new Dispatcher(Spool, _folder["spool"], _distribution, this, options);
            _exporter = new Exporter(
                Spool, _distribution, new ExportOptions { RecordsMax = 500 }, "n", () => ["eth0"], TimeProvider.System);
            _flows = new NumberedFlows(_exporter);
            _sending = _dispatcher.RunAsync(_stop.Token, _stopAtOnce.Token);
        }

        public void Send(int count)
        {
            _flows!.Emit(count);
            _exporter!.Flush();
        }

        /// <summary>In order: all is acknowledged.</summary>
        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _sending;
            Assert.Equal(0, Spool.Counts().Records);
        }

        /// <summary>How many are stored, none of them twice.</summary>
        public int StoredOnce()
        {
            var ids = Stores.Values.SelectMany(store => store.Ids).ToList();
            Assert.Equal(ids.Count, ids.Distinct().Count());
            return ids.Count;
        }

        public async ValueTask DisposeAsync()
        {
            await _stopAtOnce.CancelAsync();
            await _stop.CancelAsync();
            await _sending;
            foreach (var worker in _workers) await worker.DisposeAsync();
            _exporter?.Dispose();
            _dispatcher?.Dispose();
            Spool.Dispose();
            _folder.Dispose();
            _stop.Dispose();
            _stopAtOnce.Dispose();
        }
    }
}
