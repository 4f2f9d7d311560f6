using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Tests.Operator.CaptureProfiles;

public class ProfileReviewTests
{
    public static TheoryData<string, string, string, string> Broken => new()
    {
        { "a filter of options", """{"capture": {"bpfFilter": "-i eth0"}}""", "spec.capture.bpfFilter", "Invalid" },
        { "an expression that runs away", """{"redaction": {"patterns": [{"name": "a", "regex": "("}]}}""",
            "spec.redaction.patterns[0].regex", "InvalidRegex" },
        { "an amount nobody reads", """{"budget": {"memory": "1e3"}}""", "spec.budget.memory", "Invalid" },
        { "a field that is not there in a filter",
            """{"exports": [{"name": "a", "type": "IPFIX", "filter": "http.metod == 1", "ipfix": {"host": "x"}}]}""",
            "spec.exports[0].filter", "InvalidFilter" },
        { "no network", """{"targets": {"excludeCIDRs": ["10.0.0.1/99"]}}""", "spec.targets.excludeCIDRs[0]",
            "Invalid" },
        { "bodies without redaction", """{"payload": {"level": "Body"}, "redaction": {"mode": "Disabled"}}""",
            "spec.payload.level", "Invalid" },
        { "less than the least", """{"workers": {"minReplicas": 9, "maxReplicas": 2}}""", "spec.workers.maxReplicas",
            "Invalid" },
        { "a number that is none", """{"capture": {"snapLength": 1}}""", "spec.capture.snapLength", "Invalid" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_makes_no_sense_is_named_with_its_field(string what, string spec, string field, string reason)
    {
        var read = ProfileReview.Of(Profiles.Object("one", spec), null, Profiles.Home, out var problems);
        Assert.True(read is null, what);
        Assert.Contains(problems, problem => problem.Field == field && problem.Reason == reason);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        const string Spec =
            """{"budget": {"cpu": "5n", "memory": "1e3"}, "targets": {"excludeCIDRs": ["10.0.0.0/99"]}}""";
        ProfileReview.Of(Profiles.Object("one", Spec), null, Profiles.Home, out var problems);
        Assert.Equal(
            ["spec.budget.cpu", "spec.budget.memory", "spec.targets.excludeCIDRs[0]"],
            problems.Select(problem => problem.Field).Order());
    }

    [Fact]
    public void The_whole_cluster_is_for_profiles_at_home()
    {
        const string Spec = """{"scope": "Cluster"}""";
        Assert.NotNull(ProfileReview.Of(Profiles.Object("one", Spec), null, Profiles.Home, out _));
        ProfileReview.Of(Profiles.Object("one", Spec, "shop"), null, Profiles.Home, out var problems);
        Assert.Equal(("spec.scope", "ScopeNotPermitted"), (problems[0].Field, problems[0].Reason));
    }

    [Fact]
    public void The_scope_of_what_is_in_force_stays()
    {
        var before = Profiles.Of("one", "{}").Spec;
        ProfileReview.Of(
            Profiles.Object("one", """{"scope": "Cluster"}"""), before, Profiles.Home, out var problems);
        Assert.Equal("spec.scope", Assert.Single(problems).Field);
    }

    [Fact]
    public void What_this_version_does_not_do_is_no_mistake_and_is_told()
    {
        const string Spec = """
            {"protocols": [{"name": "HTTP1"}, {"name": "Redis"}, {"name": "Plugin", "plugin": "acme"}],
             "exports": [{"name": "lake", "type": "Kafka", "kafka": {"brokers": ["k:9092"], "topic": "t"}}],
             "capture": {"backend": "AFXDP", "sampling": {"mode": "Packet", "oneIn": 4}},
             "budget": {"onOverload": "Stop"}}
            """;
        var told = NotServed.Of(Profiles.Of("one", Spec).Spec);
        Assert.Equal(
            ["spec.protocols[1]", "spec.protocols[2]", "spec.exports[0]", "spec.capture.backend",
                "spec.capture.sampling.mode", "spec.budget.onOverload"],
            told.Select(one => one.Split(':')[0]));
        Assert.Empty(NotServed.Of(Profiles.Of("one", "{}").Spec));
    }
}
