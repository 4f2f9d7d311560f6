using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Tests.Detection.Rules;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Keeping;

namespace NetSniff.Tests.Worker.Serve.Keeping;

/// <summary>A rule that asks for the packets around what it finds has them asked for: those, and when they are there.
/// </summary>
public sealed class FindingCapturesTests
{
    private const long Second = 1_000_000_000;

    private readonly FakeClock _clock = new();
    private readonly List<(KeptFile File, PacketsRequest Request)> _kept = [];

    [Theory]
    [InlineData("", "src.ip == 10.0.0.1 and dst.ip == 10.0.0.2", "shop bank")]
    [InlineData("dedupe: {groupBy: [src.ip]}", "ip == 10.0.0.1", "shop")]
    [InlineData("dedupe: {groupBy: [dst.ip, dst.port]}", "ip == 10.0.0.2", "bank")]
    [InlineData("dedupe: {groupBy: [src.ip, dst.ip]}", "src.ip == 10.0.0.1 and dst.ip == 10.0.0.2", "shop bank")]
    public async Task Asked_for_are_the_packets_of_those_it_is_about(string dedupe, string where, string namespaces)
    {
        var captures = New(dedupe + "\nactions: [{name: a, type: Capture, "
            + "capture: {before: 3s, after: 4s, maxBytes: 4096}}]", out var set);
        Find(captures, set);
        await RunAsync(captures, () => _clock.Advance(TimeSpan.FromSeconds(7)), count: 1);
        var (file, request) = Assert.Single(_kept);
        Assert.Equal(where, request.Where);
        Assert.Equal(namespaces, string.Join(' ', file.Namespaces));
        var at = 100 * Second;
        Assert.Equal(
            (at - (3 * Second), at + (4 * Second), 4096ul),
            (request.SinceNanos, request.UntilNanos, request.BytesMax));
        Assert.Equal(32, file.Finding.Length);
        Assert.Contains("finding of r:", request.Why);
    }

    [Fact]
    public async Task It_is_not_asked_before_its_packets_are_there()
    {
        var captures = New("actions: [{name: a, type: Capture}]", out var set);
        Find(captures, set);
        await RunAsync(captures, () => _clock.Advance(TimeSpan.FromSeconds(11)), count: 0);
        Assert.Empty(_kept);
        await RunAsync(captures, () => _clock.Advance(TimeSpan.FromSeconds(2)), count: 1);
        Assert.Single(_kept);
    }

    [Fact]
    public async Task More_than_may_be_made_are_counted()
    {
        var captures = New(
            "actions: [{name: a, type: Capture}]\ndedupe: {maxAlertsPerMinute: 10000}", out var set);
        for (var number = 0; number < FindingCaptures.WaitingMax + 10; number++) Find(captures, set);
        Assert.Equal(10, LeftOut(captures));
        await RunAsync(captures, () => _clock.Advance(TimeSpan.FromSeconds(13)), FindingCaptures.PerMinuteMax);
        Assert.Equal(FindingCaptures.PerMinuteMax, _kept.Count);
        Assert.Equal(10 + FindingCaptures.WaitingMax - FindingCaptures.PerMinuteMax, LeftOut(captures));
    }

    [Fact]
    public void A_rule_without_the_action_and_one_in_the_shadow_ask_for_nothing()
    {
        var captures = New("actions: [{name: a, type: Event}]", out var set);
        Find(captures, set);
        Assert.Equal(0, captures.Ledger().Sum(static line => line.Count));
    }

    private static long LeftOut(FindingCaptures captures) =>
        captures.Ledger().Single(static line => line.Reason.Contains("left", StringComparison.Ordinal)).Count;

    private FindingCaptures New(string more, out RuleSet set)
    {
        var loaded = RuleBench.Load(RuleBench.Rule($"condition: flow\ndetector: {{type: Match}}\n{more}"), out _)!;
        set = loaded;
        return new FindingCaptures(
            () => loaded,
            (file, request, _) =>
            {
                lock (_kept) _kept.Add((file, request));
                return Task.CompletedTask;
            },
            _clock);
    }

    /// <summary>A flow that the rule finds.</summary>
    private static void Find(FindingCaptures captures, RuleSet set)
    {
        var sink = TestRecords.NewSink();
        sink.Context = new RecordHeader
        {
            Protocol = IpProtocol.Tcp, ClientPort = 40000, ServerPort = 80,
            ClientPeer = Pod("shop"), ServerPeer = Pod("bank"),
            Client = Address.FromBytes([10, 0, 0, 1]), Server = Address.FromBytes([10, 0, 0, 2]),
        };
        sink.Emit(FlowOf(), 100 * Second);
        var findings = new FindingSink();
        var record = new RecordView(sink.Bytes);
        findings.Begin(record, 1);
        set.OnRecord(record, findings);
        Assert.Equal(1, findings.Count);
        captures.Consume(findings.Bytes, findings.Count);
    }

    private static NetSniff.Flows.FlowRecord FlowOf() => new()
    {
        FirstNanos = 100 * Second, LastNanos = 100 * Second, PacketsToServer = 1, PacketsToClient = 0,
        BytesToServer = 60, BytesToClient = 0, PayloadToServer = 0, PayloadToClient = 0,
        End = NetSniff.Flows.FlowEnd.Idle,
    };

    private static uint Pod(string inNamespace) =>
        Peers.Add(new Peer { Kind = PeerKind.Pod, Name = "web", Namespace = inNamespace });

    private async Task RunAsync(FindingCaptures captures, Action meanwhile, int count)
    {
        using var stop = new CancellationTokenSource();
        var running = captures.RunAsync(stop.Token);
        meanwhile();
        for (var left = 500; left > 0 && Kept() < count; left--) await Task.Delay(10);
        // Where nothing is to come there is nothing to wait for but a look or two.
        if (count == 0) await Task.Delay(600);
        await stop.CancelAsync();
        await running;
    }

    private int Kept()
    {
        lock (_kept) return _kept.Count;
    }
}
