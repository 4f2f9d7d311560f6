using System.Text.Json;
using NetSniff.Cli.Commands.Explain;

namespace NetSniff.Tests.Cli.Commands.Explain;

public sealed class NodePlanTests
{
    private const string Home = "netsniff-system";

    private static readonly JsonElement[] s_pods =
    [
        Json("""
            {"metadata": {"namespace": "shop", "name": "web-1", "labels": {"app": "web"}},
             "spec": {"nodeName": "n1"}, "status": {"podIP": "10.0.0.1"}}
            """),
        Json("""
            {"metadata": {"namespace": "bank", "name": "books-1"},
             "spec": {"nodeName": "n1"}, "status": {"podIP": "10.0.0.2"}}
            """),
        Json("""
            {"metadata": {"namespace": "shop", "name": "proxy"},
             "spec": {"nodeName": "n1", "hostNetwork": true}, "status": {"podIP": "192.168.0.1"}}
            """),
    ];

    private static readonly JsonElement[] s_namespaces =
        [Json("""{"metadata": {"name": "shop"}}"""), Json("""{"metadata": {"name": "bank"}}""")];

    [Fact]
    public void Several_profiles_come_to_one_plan_and_it_is_said_who_asked_otherwise()
    {
        var plan = Of(
            Profile("shop", "a", """{"capture": {"snapLength": 128}}"""),
            Profile("bank", "b", """{"capture": {"snapLength": 9000}}"""));
        Assert.All(plan.Profiles, static profile => Assert.Equal("", profile.WhyNot));
        var snap = Assert.Single(plan.Settings, static setting => setting.Field == "capture.snapLength");
        Assert.Equal("9000", snap.InForce);
        Assert.Equal([("shop/a", "128")], snap.Others);
        Assert.Equal(
            [("bank/books-1", "bank/b"), ("shop/web-1", "shop/a")],
            plan.Pods.Select(static pod => (pod.Pod, string.Join(',', pod.Profiles))));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], plan.Targets.Addresses);
        Assert.Equal("all", plan.Class);
        Assert.Matches("^[0-9a-f]{10}$", plan.Revision);
    }

    [Theory]
    [InlineData("""{"suspend": true}""", "shop", "suspended")]
    [InlineData("""{"targets": {"nodeSelector": {"matchLabels": {"zone": "b"}}}}""", "shop", "leaves this node out")]
    [InlineData("""{"scope": "Cluster"}""", "shop", "Cluster is honoured only in the namespace netsniff-system")]
    [InlineData("""{"scope": "Cluster"}""", Home, "")]
    public void A_profile_that_does_not_hold_says_why(string spec, string inNamespace, string why)
    {
        var plan = Of(Profile(inNamespace, "a", spec));
        var profile = Assert.Single(plan.Profiles);
        if (why.Length == 0) Assert.Equal("", profile.WhyNot);
        else Assert.Contains(why, profile.WhyNot, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_profiles_nothing_is_wanted()
    {
        var plan = Of();
        Assert.Equal(("", "", 0), (plan.Class, plan.Revision, plan.Pods.Count));
    }

    private static NodePlan Of(params JsonElement[] profiles) => NodePlan.Of(
        Json("""{"metadata": {"name": "n1", "labels": {"zone": "a"}}}"""), profiles, s_pods, s_namespaces, Home);

    private static JsonElement Profile(string inNamespace, string name, string spec) => Json(
        $$"""
        {"apiVersion": "netsniff.io/v1alpha1", "kind": "CaptureProfile",
         "metadata": {"namespace": "{{inNamespace}}", "name": "{{name}}", "uid": "of-{{name}}"}, "spec": {{spec}} }
        """);

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
