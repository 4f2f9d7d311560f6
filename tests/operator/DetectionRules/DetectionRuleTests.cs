using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Operator.Control;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator.DetectionRules;

/// <summary>From rules to what workers run and back, on a real API server.</summary>
[Collection(nameof(ControlPlane))]
public sealed class DetectionRuleTests(ControlPlane plane)
{
    private const string Spec =
        """
        {"severity": "High", "scope": "Cluster", "condition": "http.status >= 500", "detector": {"type": "Match"},
         "actions": [{"name": "event", "type": "Event"}]}
        """;

    private static readonly ResourceKind s_events = new("events.k8s.io", "v1", "events");

    [Fact]
    public async Task A_rule_is_run_while_it_is_selected_and_the_last_good_one_goes_on()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await scene.PutProfileAsync(
            "web", """{"scope": "Cluster", "rules": {"selector": {"matchLabels": {"on": "yes"}}}}""");
        await PutRuleAsync(scene, Spec, """{"on": "no"}""");
        await Eventually.Is("True/Compiled", () => Condition(scene, "Accepted"));
        await Eventually.Is("False/NotSelected", () => Condition(scene, "Programmed"));

        await PutRuleAsync(scene, Spec, """{"on": "yes"}""");
        await Eventually.Is("False/RollingOut", () => Condition(scene, "Programmed"));
        await Eventually.Is(
            true, () => Planned(scene).Contains("\"condition\":\"http.status >= 500\"", StringComparison.Ordinal));
        Report(scene);
        await Eventually.Is("False/RollingOut", () => Condition(scene, "Programmed")); // one of two
        Report(scene, "w-1");
        await Eventually.Is("True/RevisionApplied", () => Condition(scene, "Programmed"));

        // It makes no sense any more: what did goes on, for the next leader too.
        var broken = Spec.Replace("http.status", "http.statu", StringComparison.Ordinal);
        await PutRuleAsync(scene, broken, """{"on": "yes"}""");
        await Eventually.Is("False/UnknownField", () => Condition(scene, "Accepted"));
        await Eventually.Is("False/NotAccepted", () => Condition(scene, "Programmed"));
        Assert.Contains("http.status >= 500", Planned(scene));
        Assert.Contains("generation 1 goes on", Message(scene, "Accepted"));
        var map = scene.Find(ObjectKinds.ConfigMaps, scene.System, "ns-rules-0")!["data"]!;
        Assert.Contains("http.status >= 500", map[$"{scene.System}.errors.yaml"]!.GetValue<string>());

        await scene.Objects.DeleteAsync(OwnKinds.DetectionRules, new ResourceName(scene.System, "errors"), "", default);
        await Eventually.Is("", () => Planned(scene));
    }

    [Fact]
    public async Task A_finding_is_an_event_on_the_rule_and_on_the_pod()
    {
        await using var scene = await OperatorScene.OpenAsync(plane);
        scene.Start();
        await scene.PutProfileAsync("web", """{"scope": "Cluster", "rules": {"selector": {}}}""");
        await PutRuleAsync(scene, Spec, "{}");
        await Eventually.Is("True/Compiled", () => Condition(scene, "Accepted"));
        for (var time = 0; time < 3; time++)
        {
            scene.Members.Find(new FindingNotice(
                $"{scene.System}/errors", "high", $"status 50{time}", "", "", DateTimeOffset.UnixEpoch, 1));
        }

        await Eventually.Is($"high {scene.System}/errors: status 500", () => string.Join('|', Events(scene)));
    }

    private static IEnumerable<string> Events(OperatorScene scene) =>
        scene.Objects.ListAsync(s_events, scene.System, "", default).GetAwaiter().GetResult()
            .Where(static one => one["reason"]?.GetValue<string>() == "DetectionRaised")
            .Select(static one => one["note"]!.GetValue<string>());

    private static async Task PutRuleAsync(OperatorScene scene, string spec, string labels) =>
        await scene.PutAsync(OwnKinds.DetectionRules, "DetectionRule", "errors", spec, labels);

    private static string Condition(OperatorScene scene, string type) =>
        scene.ConditionOf(OwnKinds.DetectionRules, "errors", type);

    private static string Message(OperatorScene scene, string type) =>
        (scene.Find(OwnKinds.DetectionRules, scene.System, "errors")?["status"]?["conditions"] as JsonArray ?? [])
        .Where(one => one!["type"]!.GetValue<string>() == type).Select(one => one!["message"]!.GetValue<string>())
        .FirstOrDefault("");

    private static string Planned(OperatorScene scene) =>
        scene.Members.PlanOf(MemberKind.Worker, "")?.Files
            .GetValueOrDefault($"rules/{scene.System}.errors.yaml", "") ?? "";

    private static void Report(OperatorScene scene, string pod = "w-0")
    {
        var plan = scene.Members.PlanOf(MemberKind.Worker, "")!;
        scene.Members.Say(new MemberState
        {
            Kind = MemberKind.Worker, Pod = pod, Node = "node-1", IsReady = true, Revision = plan.Revision,
            Sequence = plan.Sequence,
        });
    }
}
