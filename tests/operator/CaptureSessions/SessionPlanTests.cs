using System.Text.Json.Nodes;
using NetSniff.Filters.Expression;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureSessions;
using NetSniff.Operator.Reconciling;
using NetSniff.Tests.Kube;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Operator.CaptureSessions;

/// <summary>From what a session asks for to what a worker is asked.</summary>
public sealed class SessionPlanTests
{
    [Fact]
    public void Packets_are_those_of_the_pods_that_are_meant_whatever_the_filter_says()
    {
        var spec = Read("""
            {"target": {"podSelector": {"matchLabels": {"app": "web"}}}, "filter": "true) or (true",
             "window": {"before": "5m", "after": "30s"},
             "limits": {"maxBytes": 4096, "maxPackets": 10, "snapLength": 64},
             "format": {"payload": "HeadersOnly", "names": "Omit"}}
            """);
        Assert.Equal("InvalidFilter", SessionPlan.Check(spec)!.Value.Reason);
        spec = spec with { Filter = "http.status >= 500 or true" };
        Assert.Null(SessionPlan.Check(spec));
        var addresses = Addresses(spec,
        [
            Pod("web-1", "web", "10.0.0.1"), Pod("web-2", "web", "10.0.0.2", "fd00::2"),
            Pod("cart-1", "cart", "10.0.0.3"), Pod("web-3", "web"),
            Pod("web-host", "web", "192.0.2.1") with { IsHostNetwork = true },
        ]);
        Assert.Equal(["10.0.0.1", "10.0.0.2", "fd00::2"], addresses);
        var at = DateTimeOffset.UnixEpoch.AddHours(1);
        var request = SessionPlan.Request(spec, "shop/x", addresses, at - SessionPlan.Before(spec), at);
        Assert.Equal(
            "( http.status >= 500 or true ) and ip in (10.0.0.1, 10.0.0.2, fd00::2) and namespace == 'shop'",
            request.Where);
        Assert.True(FilterExpression.Parse(request.Where).IsOk);
        Assert.Equal((3_300_000_000_000, 3_600_000_000_000), (request.SinceNanos, request.UntilNanos));
        Assert.Equal((64u, true, true, 4096ul, 10ul),
            (request.SnapLength, request.HeadersOnly, request.NoNames, request.BytesMax, request.PacketsMax));
        Assert.Equal(TimeSpan.FromSeconds(30), SessionPlan.After(spec));
    }

    [Fact]
    public void Pods_can_be_named()
    {
        var spec = Read("""{"target": {"podNames": ["web-2", "gone"]}}""");
        Assert.Equal(["10.0.0.2"], Addresses(
            spec, [Pod("web-1", "web", "10.0.0.1"), Pod("web-2", "web", "10.0.0.2")]));
    }

    [Theory]
    [InlineData("\"output\": {\"type\": \"PVC\", \"pvc\": {\"claimName\": \"a\"}}", "NotServed")]
    [InlineData("\"filter\": \"http.request.body contains 'a'\"", "NotServed")]
    [InlineData("\"filter\": \"http.statu > 1\"", "UnknownField")]
    [InlineData("\"window\": {\"before\": \"25h\"}", "Invalid")]
    public void What_cannot_be_done_is_told(string more, string reason) =>
        Assert.Equal(reason, SessionPlan.Check(Read($$"""{"target": {"podNames": ["a"]}, {{more}}}"""))!.Value.Reason);

    [Fact]
    public void What_came_of_it_is_told()
    {
        var file = new KeptFile { Name = "x.pcapng", Packets = 7, Bytes = 100, Sha256 = new string('a', 64) };
        Assert.Equal("Completed", SessionStatus.Succeeded(Outcome(file, new Completeness { Sensors = 2 })).Reason);
        Assert.Equal("LimitReached", SessionStatus.Succeeded(Outcome(file, new Completeness { IsCut = true })).Reason);
        var lack = new Completeness { Sensors = 3 };
        lack.AbsentSensors.Add(new Absence { Worker = "node-2", Why = "silent" });
        var found = SessionStatus.Succeeded(Outcome(file, lack));
        Assert.Equal("Partial", found.Reason);
        Assert.Contains("node-2: silent", found.Message);
        var status = SessionStatus.Of(
            new SessionSight
            {
                Generation = 1, Started = found with { Type = "Started" }, Succeeded = found,
                Outcome = Outcome(file, lack),
            },
            null, DateTimeOffset.UnixEpoch);
        var nodes = status["nodes"]!;
        Assert.Equal("3 2 1", $"{nodes["matched"]} {nodes["succeeded"]} {nodes["failed"]}");
        Assert.Equal("x.pcapng", status["files"]![0]!["name"]!.GetValue<string>());
    }

    [Fact]
    public void What_the_file_is_to_be_is_asked_of_the_worker()
    {
        var spec = Read("""
            {"target": {"podNames": ["a"]}, "bpfFilter": "tcp port 80", "format": {"type": "Pcap", "merge": "Node"}}
            """);
        Assert.Null(SessionPlan.Check(spec));
        var request = SessionPlan.Request(
            spec, "shop/x", ["10.0.0.1"], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        Assert.Equal(("tcp port 80", true), (request.BpfFilter, request.ClassicPcap));
        Assert.Equal(
            [("x-node-1.pcap", "node-1"), ("x-node-2.pcap", "node-2")],
            SessionPlan.Files(spec, "x", ["node-1", "node-2"]));
        var longest = new string('x', 200);
        Assert.Equal(
            [(longest + "-n.pcap", "n"), (longest[..100] + ".pcap", longest[..100])],
            SessionPlan.Files(spec, longest, ["n", longest[..100]]));
        var many = Enumerable.Range(0, 99).Select(static number => $"n{number}").ToList();
        Assert.Equal(SessionPlan.FilesMax, SessionPlan.Files(spec, "x", many).Count);

        spec = Read("""{"target": {"podNames": ["a"]}}""");
        Assert.Equal([("x.pcapng", null)], SessionPlan.Files(spec, "x", ["node-1", "node-2"]));
        request = SessionPlan.Request(
            spec, "shop/x", ["10.0.0.1"], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        Assert.Equal(("", false), (request.BpfFilter, request.ClassicPcap));
    }

    [Fact]
    public void What_came_of_several_files_is_told_as_one()
    {
        var outcome = new SessionOutcome(["node-1", "node-2", "node-3"]);
        var first = new Completeness { Sensors = 1, IsCut = true, Notes = { "worker-1 was late" } };
        first.Absent.Add(new Absence { Worker = "w-1", Why = "gone" });
        var second = new Completeness { Sensors = 1, Notes = { "worker-1 was late", "node-2 keeps headers alone" } };
        second.Absent.Add(new Absence { Worker = "w-1", Why = "gone" });
        outcome.Add(new KeptFile { Name = "x-node-1.pcapng", Packets = 7, Bytes = 100 }, first);
        outcome.Add(new KeptFile { Name = "x-node-2.pcapng", Packets = 3, Bytes = 50 }, second);
        outcome.Miss("node-3", "no sensor is known on node-3");
        Assert.Equal("10 packets, 150 bytes in 2 files", outcome.Words);
        var lack = outcome.Completeness;
        Assert.Equal((3u, true), (lack.Sensors, lack.IsCut));
        Assert.Equal(2, lack.Notes.Count);
        Assert.Single(lack.Absent);
        var found = SessionStatus.Succeeded(outcome);
        Assert.Equal("Partial", found.Reason);
        Assert.Contains("node-3: no sensor is known on node-3", found.Message);
        var status = SessionStatus.Of(
            new SessionSight
            {
                Generation = 1, Started = found with { Type = "Started" }, Succeeded = found, Outcome = outcome,
            },
            null, DateTimeOffset.UnixEpoch);
        Assert.Equal(
            "10 150 2 x-node-2.pcapng",
            $"{status["packets"]} {status["bytes"]} {status["files"]!.AsArray().Count} {status["files"]![1]!["name"]}");
    }

    [Fact]
    public void A_filter_that_no_sensor_can_compile_is_the_sessions_mistake()
    {
        var lack = new Completeness { Sensors = 2 };
        lack.AbsentSensors.Add(new Absence { Worker = "node-1", Why = "filter 'prot 80': syntax error" });
        lack.AbsentSensors.Add(new Absence { Worker = "node-2", Why = "filter 'prot 80': syntax error" });
        var found = SessionStatus.Succeeded(Outcome(new KeptFile(), lack));
        Assert.Equal(("False", "InvalidFilter"), ($"{found.Status}", found.Reason));
        Assert.Contains("spec.bpfFilter: filter 'prot 80': syntax error", found.Message);
        // One that lacks libpcap is one that is missing.
        lack.AbsentSensors.RemoveAt(1);
        Assert.Equal("Partial", SessionStatus.Succeeded(Outcome(new KeptFile(), lack)).Reason);
    }

    private static SessionOutcome Outcome(KeptFile file, Completeness lack)
    {
        var outcome = new SessionOutcome([]);
        outcome.Add(file, lack);
        return outcome;
    }

    private static List<string> Addresses(CaptureSessionSpec spec, IEnumerable<PodSight> pods) =>
        [.. SessionPlan.Pods(spec, pods).SelectMany(static pod => pod.Addresses)];

    private static CaptureSessionSpec Read(string spec)
    {
        var whole = JsonNode.Parse($$"""
            {"apiVersion": "netsniff.io/v1alpha1", "kind": "CaptureSession",
             "metadata": {"name": "x", "namespace": "shop"}, "spec": {{spec}}}
            """)!.AsObject();
        Assert.Empty(ResourceReview.Of(whole));
        return ResourceJson.Read<CaptureSession>(whole).Spec;
    }

    private static PodSight Pod(string name, string app, params string[] addresses) => new(
        new ResourceName("shop", name), "u", "node-1", false, true, addresses,
        new Dictionary<string, string> { ["app"] = app }, "");
}

/// <summary>Sessions as objects, on a real API server.</summary>
[Collection(nameof(ControlPlane))]
public sealed class CaptureSessionTests(ControlPlane plane)
{
    [Fact]
    public async Task A_session_that_cannot_be_is_over_with_a_reason_and_goes_when_its_time_is_over()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await PutAsync(scene, "nobody", """{"target": {"podNames": ["gone"]}, "window": {"after": "1s"}}""");
        await PutAsync(
            scene, "later", """
                {"target": {"podNames": ["a"]}, "output": {"type": "PVC", "pvc": {"claimName": "c"}},
                 "ttlSecondsAfterFinished": 3}
                """);
        await Eventually.Is("False/NotServed", () => Condition(scene, "later", "Succeeded"));
        await Eventually.Is("False/NoPodsMatch", () => Condition(scene, "nobody", "Succeeded"));
        await Eventually.Is(true, () => scene.Find(OwnKinds.CaptureSessions, scene.System, "later") is null);
        Assert.NotNull(scene.Find(OwnKinds.CaptureSessions, scene.System, "nobody")!["status"]!["completionTime"]);
    }

    private static async Task PutAsync(OperatorScene scene, string name, string spec) =>
        await scene.PutAsync(OwnKinds.CaptureSessions, "CaptureSession", name, spec);

    private static string Condition(OperatorScene scene, string name, string type) =>
        scene.ConditionOf(OwnKinds.CaptureSessions, name, type);
}
