using System.Text;
using NetSniff.Config;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Tests.Operator.CaptureProfiles;

/// <summary>Profiles put together; most of it as what holds of any that chance makes.</summary>
public class CapturePlanTests
{
    private const int Rounds = 200;

    [Fact]
    public void The_order_of_profiles_makes_no_difference()
    {
        var random = new Random(1);
        for (var round = 0; round < Rounds; round++)
        {
            var specs = Specs(random);
            var shuffled = specs.ToArray();
            random.Shuffle(shuffled);
            Assert.Equal(Text(CapturePlan.Of(specs)), Text(CapturePlan.Of(shuffled)));
            Assert.Equal(Text(CapturePlan.Of(specs)), Text(CapturePlan.Of([.. specs, specs[0]])));
        }
    }

    [Fact]
    public void Everything_that_one_wants_is_looked_at_and_what_one_wants_unreadable_is_unreadable()
    {
        var random = new Random(2);
        for (var round = 0; round < Rounds; round++)
        {
            var specs = Specs(random);
            var plan = CapturePlan.Of(specs);
            foreach (var one in specs)
            {
                Assert.True(plan.Level >= one.Payload.Level);
                Assert.True(plan.SnapLength >= one.Capture.SnapLength);
                Assert.All(plan.Exclude, name => Assert.Contains(name, one.Capture.Interfaces.Exclude ?? []));
                var include = one.Capture.Interfaces.Include ?? [];
                Assert.True(plan.Include.Count == 0 || include.All(plan.Include.Contains));
                Assert.True(plan.Direction == CaptureDirection.Both || plan.Direction == one.Capture.Direction);
                var wanted = CapturePlan.ServedOf(one);
                Assert.True(plan.Protocols is null || wanted!.All(plan.Protocols.Contains));
                Assert.True(plan.BpfFilter.Length == 0 || plan.BpfFilter.Contains(one.Capture.BpfFilter!));
                if (one.Redaction.Mode != NetSniff.Kube.Resources.RedactionMode.Enforce) continue;

                Assert.Equal(NetSniff.Kube.Resources.RedactionMode.Enforce, plan.Redaction.Mode);
                Assert.All(one.Redaction.Headers ?? [], name =>
                    Assert.Contains(name.ToLowerInvariant(), plan.Redaction.Headers!));
                Assert.All(one.Redaction.JsonFields ?? [], name => Assert.Contains(name, plan.Redaction.JsonFields!));
                Assert.All(one.Redaction.Presets, preset => Assert.Contains(preset, plan.Redaction.Presets));
            }
        }
    }

    [Fact]
    public void A_sensor_takes_whatever_comes_out()
    {
        var random = new Random(3);
        for (var round = 0; round < Rounds; round++)
        {
            var targets = new TargetPlan(false, ["10.0.0.1", "fd00::1"], ["169.254.0.0/16"], round % 2 == 0);
            var json = SensorJson.Of(CapturePlan.Of(Specs(random)), targets, round, "0123456789");
            var config = ConfigReader.Read(Encoding.UTF8.GetBytes(json), out var problems);
            Assert.True(problems.Count == 0, $"{string.Join("; ", problems)} {json}");
            Assert.Equal((round, "0123456789", 2), (config!.Sequence, config.Revision, config.Targets.Addresses.Count));
        }
    }

    [Fact]
    public void Budgets_add_up_and_who_names_none_wants_none()
    {
        var plan = PlanOf("""{"budget": {"cpu": "500m", "memory": "100Mi"}}""", """{"budget": {"cpu": "1"}}""");
        Assert.Equal((1.5m, 0), (plan.Cpus, plan.MemoryBytes));
        var many = Enumerable.Repeat("""{"budget": {"maxPacketsPerSecond": 60000000, "cpu": "800"}}""", 3).ToArray();
        Assert.Equal((1024m, 100_000_000L), (PlanOf(many).Cpus, PlanOf(many).PacketsPerSecondMost));
    }

    [Fact]
    public void What_sensors_may_cost_is_for_profiles_of_the_cluster_to_say()
    {
        const string Cluster =
            """
            {"scope": "Cluster", "budget": {"cpu": "500m"}, "storage": {"packetBuffer": {"size": "64Mi"}},
             "capture": {"ring": {"size": "8Mi"}, "interfaces": {"exclude": ["docker0"]}}}
            """;
        const string Tenant =
            """
            {"payload": {"level": "Body"}, "budget": {"cpu": "100m", "onOverload": "FlowsOnly"},
             "storage": {"packetBuffer": {"size": "1Ti", "maxAge": "24h"}},
             "capture": {"ring": {"size": "512Mi"}, "backend": "Libpcap", "interfaces": {"include": ["eth9"]}}}
            """;
        var alone = PlanOf(Cluster);
        var both = PlanOf(Tenant, Cluster);
        Assert.Equal(NetSniff.Kube.Resources.PayloadLevel.Body, both.Level); // depth is what each asks for
        Assert.Equal(Text(alone), Text(both with { Level = alone.Level }));
        Assert.Equal((0.5m, OverloadStep.SampleFlows), (both.Cpus, both.OnOverload));
        Assert.Equal((64m * 1024 * 1024, 8m * 1024 * 1024), (both.BufferBytes, both.RingBytes));
        // Namespaces among themselves share; the nodes' disk and memory are nobody's of them.
        var tenants = PlanOf(Tenant, """{"budget": {"cpu": "200m"}}""");
        Assert.Equal((0.3m, 0, 0), (tenants.Cpus, tenants.BufferBytes, tenants.RingBytes));
    }

    [Fact]
    public void What_is_not_taken_is_named()
    {
        const string All =
            """
            {"budget": {"cpu": "100m"}, "storage": {"packetBuffer": {"maxAge": "24h"}, "flowRetention": "48h"},
             "capture": {"ring": {"size": "512Mi"}, "backend": "Libpcap", "interfaces": {"include": ["eth9"]}},
             "sensors": {"priorityClassName": "x"}, "workers": {"minReplicas": 3},
             "targets": {"excludeCIDRs": ["10.0.0.0/8"]}}
            """;
        const string Always = "spec.capture.ring.size spec.storage.packetBuffer spec.storage.flowRetention "
            + "spec.sensors spec.workers";
        Assert.Equal(Always, Named(All, isShared: false));
        Assert.Equal(
            $"{Always} spec.budget spec.capture.backend spec.capture.interfaces spec.targets.excludeCIDRs",
            Named(All, isShared: true));
        Assert.Equal("", Named("{}", isShared: true));
        Assert.Equal("", Named("""{"scope": "Cluster", "budget": {"cpu": "1"}}""", isShared: true));

        static string Named(string spec, bool isShared) =>
            string.Join(' ', NotTaken.Of(Profiles.Of("one", spec).Spec, isShared));
    }

    [Fact]
    public void Filters_are_alternatives_and_a_profile_without_one_wants_all()
    {
        Assert.Equal(
            "(not port 22) or (tcp)",
            PlanOf("""{"capture": {"bpfFilter": "tcp"}}""", """{"capture": {"bpfFilter": "not port 22"}}""").BpfFilter);
        Assert.Equal("tcp", PlanOf("""{"capture": {"bpfFilter": "tcp"}}""").BpfFilter);
        Assert.Equal("", PlanOf("""{"capture": {"bpfFilter": "tcp"}}""", "{}").BpfFilter);
    }

    [Fact]
    public void Where_only_a_plugin_is_wanted_flows_are_all_there_is()
    {
        var plan = PlanOf("""{"protocols": [{"name": "Plugin", "plugin": "acme"}], "payload": {"level": "Body"}}""");
        Assert.Contains("\"payload\":{\"level\":\"None\"}", SensorJson.SettingsOf(plan).ToJsonString());
    }

    [Theory]
    [InlineData("300h", "300h")]
    [InlineData("719h59m59s999ms", "719h59m59s999ms")]
    [InlineData("90m", "1h30m")]
    [InlineData("1500ms", "1s500ms")]
    public void A_sensor_reads_ages_however_long(string said, string written)
    {
        var buffer = $$"""{"size": "1Gi", "maxAge": "{{said}}"}""";
        var spec = $$"""{"scope": "Cluster", "storage": {"packetBuffer": {{buffer}} } }""";
        var json = SensorJson.SettingsOf(PlanOf(spec)).ToJsonString();
        var config = ConfigReader.Read(Encoding.UTF8.GetBytes(json), out var problems);
        Assert.Empty(problems);
        Assert.Equal(written, config!.Storage.PacketBuffer.MaxAge);
    }

    [Theory]
    [InlineData(
        """{"scope": "Cluster", "storage": {"packetBuffer": {"size": "1Gi", "maxAge": "721h"}}}""",
        "storage.packetBuffer.maxAge")]
    [InlineData("""{"storage": {"flowRetention": "30m"}}""", "storage.flowRetention")]
    [InlineData("""{"storage": {"flowRetention": "9000h"}}""", "storage.flowRetention")]
    public void Ages_that_nobody_keeps_are_refused_by_name(string spec, string field)
    {
        Assert.Null(ProfileReview.Of(Profiles.Object("one", spec), null, Profiles.Home, out var problems));
        Assert.Equal(("spec." + field, "Invalid"), (Assert.Single(problems).Field, problems[0].Reason));
    }

    [Fact]
    public void Ports_are_those_of_all_and_whoever_names_none_means_every_one()
    {
        const string Web = """{"protocols": [{"name": "HTTP1", "ports": [8080, 80]}, {"name": "DNS"}]}""";
        const string More = """
            {"protocols": [{"name": "HTTP1", "ports": [80, 3000]}, {"name": "DNS", "ports": [53]}]}
            """;
        Assert.Equal([80, 3000, 8080], Assert.Single(PlanOf(Web, More).Ports).Value);
        Assert.Empty(PlanOf(Web, """{"protocols": [{"name": "HTTP1"}]}""").Ports);
        // Who names no protocol wants them all, wherever they are.
        Assert.Null(PlanOf(Web, "{}").Protocols);
        Assert.DoesNotContain("ports", SensorJson.SettingsOf(PlanOf(Web, "{}")).ToJsonString());

        var many = Enumerable.Range(0, 3).Select(static number => string.Join(
            ',', Enumerable.Range(number * 32 + 1, 32)))
            .Select(static ports => $$"""{"protocols": [{"name": "HTTP1", "ports": [{{ports}}]}]}""").ToArray();
        Assert.Equal(64, PlanOf(many[..2]).Ports["HTTP1"].Count);
        Assert.Empty(PlanOf(many).Ports);
    }

    [Fact]
    public void One_thread_is_for_those_who_all_want_one()
    {
        const string One = """{"scope": "Cluster", "capture": {"ring": {"fanout": "None"}}}""";
        Assert.Equal(RingFanout.None, PlanOf(One, One).Fanout);
        Assert.Equal(RingFanout.FlowHash, PlanOf(One, """{"scope": "Cluster"}""").Fanout);
        Assert.Equal(
            RingFanout.FlowHash, PlanOf("""{"scope": "Cluster", "capture": {"ring": {"fanout": "CPU"}}}""").Fanout);
    }

    private static CapturePlan PlanOf(params string[] specs) =>
        CapturePlan.Of([.. specs.Select(static one => Profiles.Of("one", one).Spec)]);

    private static List<CaptureProfileSpec> Specs(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Profiles.Random(random))];

    /// <summary>But for the budget, which adds up.</summary>
    private static string Text(CapturePlan plan) =>
        SensorJson.SettingsOf(plan with { Cpus = 0, MemoryBytes = 0, PacketsPerSecondMost = 0 }).ToJsonString();
}
