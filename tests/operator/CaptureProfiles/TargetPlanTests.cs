using NetSniff.Kube;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Tests.Operator.CaptureProfiles;

public class TargetPlanTests
{
    private static readonly PodSight[] s_pods =
    [
        Pod("shop", "web", "10.0.0.1", ("app", "web")),
        Pod("shop", "db", "10.0.0.2", ("app", "db")),
        Pod("pay", "web", "10.0.0.3", ("app", "web")),
        Pod("kube-system", "dns", "10.0.0.4", ("app", "dns")),
        Pod("pay", "agent", "192.0.2.1", ("app", "web")) with { IsHostNetwork = true },
    ];

    public static TheoryData<string, string, string, string> Cases => new()
    {
        { "its own namespace", "shop", "{}", "10.0.0.1 10.0.0.2" },
        { "pods of its own namespace", "shop",
            """{"targets": {"podSelector": {"matchLabels": {"app": "web"}}}}""", "10.0.0.1" },
        { "the whole cluster", Profiles.Home, """{"scope": "Cluster"}""", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4" },
        { "all but one namespace", Profiles.Home,
            """
            {"scope": "Cluster", "targets": {"namespaceSelector": {"matchExpressions": [
             {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}]}}}
            """,
            "10.0.0.1 10.0.0.2 10.0.0.3" },
        { "pods of namespaces", Profiles.Home,
            """
            {"scope": "Cluster", "targets": {
             "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pay"}},
             "podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}}
            """,
            "10.0.0.3" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pods_are_chosen_by_namespace_and_label(string what, string home, string spec, string addresses)
    {
        var plan = TargetPlan.Of([Profiles.Of("one", spec, home)], s_pods, LabelsOf);
        Assert.True(addresses == string.Join(' ', plan.Addresses), $"{what}: {string.Join(' ', plan.Addresses)}");
        Assert.False(plan.IsAll);
        Assert.False(plan.HasHostTraffic);
    }

    [Fact]
    public void What_one_of_several_wants_is_wanted_and_only_what_all_leave_out_is_left_out()
    {
        var plan = TargetPlan.Of(
            [
                Profiles.Of("a", """{"targets": {"excludeCIDRs": ["10.1.0.0/16", "10.2.0.0/16"]}}""", "shop"),
                Profiles.Of("b", """{"targets": {"excludeCIDRs": ["10.2.0.0/16"]}}""", "pay"),
            ],
            s_pods,
            LabelsOf);
        Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.3"], plan.Addresses);
        Assert.Equal(["10.2.0.0/16"], plan.ExcludeCidrs);
    }

    [Fact]
    public void What_the_cluster_leaves_out_no_namespace_takes_in_or_adds_to()
    {
        var cluster = Profiles.Of("c", """{"scope": "Cluster", "targets": {"excludeCIDRs": ["10.1.0.0/16"]}}""");
        var tenant = Profiles.Of("t", """{"targets": {"excludeCIDRs": ["10.2.0.0/16"]}}""", "shop");
        Assert.Equal(["10.1.0.0/16"], TargetPlan.Of([tenant, cluster], s_pods, LabelsOf).ExcludeCidrs);
        Assert.Equal(["10.2.0.0/16"], TargetPlan.Of([tenant], s_pods, LabelsOf).ExcludeCidrs);
    }

    [Fact]
    public void Everything_with_the_nodes_needs_no_list()
    {
        var plan = TargetPlan.Of(
            [Profiles.Of("a", """{"scope": "Cluster", "targets": {"hostTraffic": "Include"}}""")], s_pods, LabelsOf);
        Assert.True(plan is { IsAll: true, HasHostTraffic: true, Addresses: [] });
    }

    [Fact]
    public void Nobody_wants_nothing() =>
        Assert.Equal((false, false, 0), (
            TargetPlan.Of([], s_pods, LabelsOf).IsAll, TargetPlan.Nothing.HasHostTraffic,
            TargetPlan.Of([], s_pods, LabelsOf).Addresses.Count));

    private static Dictionary<string, string> LabelsOf(string name) => new() { ["kubernetes.io/metadata.name"] = name };

    private static PodSight Pod(string space, string name, string address, (string Key, string Value) label) => new(
        new ResourceName(space, name), "", "node-1", false, true, [address],
        new Dictionary<string, string> { [label.Key] = label.Value }, "");
}
