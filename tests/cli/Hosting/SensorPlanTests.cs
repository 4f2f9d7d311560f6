using System.Diagnostics;
using System.Globalization;
using System.Net;
using NetSniff.Cli;
using NetSniff.Cli.Hosting;
using NetSniff.Operator.Control;
using NetSniff.Sensor.Capture;
using NetSniff.Tests.Capture;
using NetSniff.Tests.Commands;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Tests.Cli.Hosting;

/// <summary>A sensor on a real wire that follows an operator.</summary>
[Collection("network")]
public sealed class SensorPlanTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly LockedText _said = new();
    private readonly ClusterMembers _members = new();
    private readonly TestNetwork _network = new();
    private ControlServer? _server;
    private SensorProgram? _sensor;

    public async ValueTask DisposeAsync()
    {
        if (_sensor is not null) await _sensor.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _members.Dispose();
        _network.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_hundred_plans_in_a_row_are_each_in_force_soon_and_cost_no_packet()
    {
        await StartAsync();
        SetPlan(1, "udp");
        await ProgrammedAsync(1);
        using var sender = _network.FromNear();
        using var stop = new CancellationTokenSource();
        var sending = Task.Run(() =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                sender.Send(PacketSender.Udp(number, sourcePort: 4000 + number % 50));
                if (number % 20 == 0) Thread.Sleep(1);
            }
        });
        List<double> millis = [];
        for (var sequence = 2; sequence <= 101; sequence++)
        {
            var began = Stopwatch.GetTimestamp();
            SetPlan(sequence, sequence % 2 == 0 ? "udp port 9" : "udp or tcp");
            await ProgrammedAsync(sequence);
            millis.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        await stop.CancelAsync();
        await sending;
        await _sensor!.Host.StopAsync();
        var ledger = _sensor.Host.Ledger().ToDictionary(
            static line => (line.Stage, line.Reason), static line => line.Count);
        Assert.Equal(0, _sensor.Tally().Lost);
        Assert.Equal(sender.Sent, ledger[("capture", "received")]);
        Assert.Equal(sender.Sent, ledger[("decode", "in a flow")]);
        millis.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"100 plans, {sender.Sent} packets, 0 lost; p50 {millis[49]:F0} ms, p99 {millis[98]:F0} ms"));
    }

    [Fact]
    public async Task Targets_decide_what_is_looked_at_and_a_bad_plan_leaves_the_last_good_one()
    {
        await StartAsync();
        Assert.True(_sensor!.Tally().Offered == 0);
        using var sender = _network.FromNear();
        SetPlan(1, "udp", """ "targets": {"mode": "Listed"}, """);
        await ProgrammedAsync(1);
        sender.SendMany(10);
        await UntilAsync(() => Count("decode", "of no target") == 10);

        // The same plan, and another pod on the node.
        SetPlan(1, "udp", """ "targets": {"mode": "Listed", "addresses": ["10.9.0.77"]}, """);
        await UntilAsync(() =>
        {
            sender.Send(PacketSender.Udp(1));
            return Count("decode", "in a flow") > 0;
        });

        SetPlan(2, "no such thing");
        await UntilAsync(() => Sensor is { Refused.Length: > 0 });
        Assert.Contains("capture.bpfFilter: filter 'no such thing'", Sensor!.Refused, StringComparison.Ordinal);
        Assert.Equal(("rev-1", 1), (Sensor.Revision, Sensor.Sequence));
        SetPlan(3, "udp", """ "suspend": true, """);
        await ProgrammedAsync(3);
        Assert.Equal("", Sensor.Refused);
        var before = _sensor.Tally().Offered;
        sender.SendMany(10);
        SetPlan(4, "udp");
        await ProgrammedAsync(4);
        await UntilAsync(() =>
        {
            sender.Send(PacketSender.Udp(1));
            return _sensor.Tally().Offered > before;
        });
        Assert.InRange(_sensor.Tally().Offered - before, 1, 9); // the ten did not come
    }

    [Fact]
    public async Task A_sensor_without_its_operator_goes_on_with_what_it_was_told_last()
    {
        await StartAsync();
        SetPlan(5, "udp");
        await ProgrammedAsync(5);
        await _sensor!.Host.StopAsync();
        await _sensor.DisposeAsync();
        await _server!.DisposeAsync();
        _server = null;

        // What lies in the mounted folder is older, and of the class, not of the node.
        Directory.CreateDirectory(_folder["config"]);
        await File.WriteAllTextAsync(_folder["config/sensor.json"], Json(5, "tcp", """ "suspend": true, """));
        _sensor = NewSensor("127.0.0.1:1");
        await _sensor.StartAsync();
        using var sender = _network.FromNear();
        await UntilAsync(() =>
        {
            sender.Send(PacketSender.Udp(1));
            return Count("decode", "in a flow") > 0;
        });

        // A newer one in the folder is the operator's word as well.
        await File.WriteAllTextAsync(_folder["config/sensor.json"], Json(6, "tcp", ""));
        await UntilAsync(() => _said.ToString().Contains("configuration rev-6 is in force", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ring_for_each_cpu_is_opened_with_the_next_start_and_every_packet_comes_to_one()
    {
        await StartAsync();
        _members.SetPlan(MemberKind.Sensor, "all", new MemberPlan(1, "rev-1", new Dictionary<string, string>
        {
            ["workers"] = "",
            ["sensor.json"] = """
                {"sequence": 1, "revision": "rev-1", "budget": {"cpu": "3"},
                 "capture": {"bpfFilter": "udp", "ring": {"size": "24Mi", "fanout": "FlowHash"} } }
                """,
        }));
        await ProgrammedAsync(1);
        Assert.Single(_sensor!.Host.Shards);
        await _sensor.Host.StopAsync();
        await _sensor.DisposeAsync();

        _sensor = NewSensor(_server!.Address.ToString());
        await _sensor.StartAsync();
        Assert.Equal(3, _sensor.Host.Shards.Count());
        using var sender = _network.FromNear();
        for (var number = 0; number < 600; number++)
        {
            sender.Send(PacketSender.Udp(number, sourcePort: 4000 + number % 60));
        }

        await UntilAsync(() => Count("decode", "in a flow") == 600);
        await _sensor.Host.StopAsync();
        Assert.Equal(600, Count("capture", "received"));
        Assert.Equal(60, _sensor.Host.Shards.Sum(static shard => shard.Counters.FlowsStarted));
        Assert.True(_sensor.Host.Shards.Count(static shard => shard.Counters.Packets > 0) > 1);
    }

    [Fact]
    public async Task A_purge_leaves_nothing_and_the_sensor_waits_for_its_end()
    {
        await StartAsync();
        SetPlan(1, "udp");
        await ProgrammedAsync(1);
        Assert.True(Directory.Exists(_folder["spool"]));
        Assert.Equal(["node-1"], await _members.PurgeAsync("all", s_patience, default));
        Assert.True(_sensor!.IsPurged);
        Assert.False(Directory.Exists(_folder["spool"]));
        Assert.False(Directory.Exists(_folder["plan"]));
        await UntilAsync(() => Sensor is { IsReady: false });
        Assert.True(_sensor.Board.IsLive);
        SetPlan(2, "udp");
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(_folder["plan"]));
    }

    private MemberState? Sensor => _members.Members(MemberKind.Sensor) is [var sensor] ? sensor : null;

    private static string Json(long sequence, string filter, string more) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"sequence": {{sequence}}, "revision": "rev-{{sequence}}",{{more}} "capture": {"bpfFilter": "{{filter}}"} }
        """);

    private void SetPlan(long sequence, string filter, string more = "") => _members.SetPlan(
        MemberKind.Sensor, "all", new MemberPlan(
            sequence, $"rev-{sequence}",
            new Dictionary<string, string> { ["sensor.json"] = Json(sequence, filter, more), ["workers"] = "" }));

    private Task ProgrammedAsync(long sequence) => UntilAsync(() => Sensor?.Revision == $"rev-{sequence}");

    private long Count(string stage, string reason) => _sensor!.Host.Ledger()
        .Where(line => line.Stage == stage && line.Reason == reason).Sum(static line => line.Count);

    private async Task UntilAsync(Func<bool> holds)
    {
        var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!holds() && Environment.TickCount64 < end) await Task.Delay(2);
        Assert.True(holds(), _said.ToString());
    }

    private async Task StartAsync()
    {
        using (var authority = Certificates.NewAuthority("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(1)))
        {
            authority.IssueTo(_folder["tls"], "netsniff-sensor");
            authority.IssueTo(_folder["operator-tls"], ClusterOptions.OperatorName);
        }

        _server = await ControlServer.StartAsync(
            new ControlOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, 0), IsLeader = static () => true,
                Security = new ServerSecurity(new CertificateFiles(CertificatePaths.In(_folder["operator-tls"]))),
            },
            _members);
        _sensor = NewSensor(_server.Address.ToString());
        await _sensor.StartAsync();
    }

    private SensorProgram NewSensor(string address) => new(
        new Terminal { Output = Stream.Null, Error = _said },
        new SensorSettings
        {
            Node = "node-1", Folder = _folder["spool"], Certificates = CertificatePaths.In(_folder["tls"]),
            Workers = new WorkersChoice(Text: "w0=127.0.0.1:1"), Health = null, Live = _network.Options,
            Backend = "af-packet", PlanFolder = _folder["plan"], DrainMax = TimeSpan.FromMilliseconds(100),
            ConfigFolder = Directory.Exists(_folder["config"]) ? _folder["config"] : null,
            Operator = new AttendingSettings(address, "sensor-1", "node-1", "all"),
        },
        new HealthBoard("sensor", "1", TimeProvider.System));
}
