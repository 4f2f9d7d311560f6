using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.DetectionRules;

/// <summary>Tells what became of a rule when somebody changed it.</summary>
internal static class RuleEvents
{
    public static void Tell(EventRecorder events, OwnObject one, JsonObject? before, JsonObject now)
    {
        var known = Of(before);
        if (Of(now) is not { } accepted) return;
        if (known is not null && known.Status == accepted.Status && known.Reason == accepted.Reason
            && known.ObservedGeneration == accepted.ObservedGeneration)
        {
            return;
        }

        var reason = accepted.Status == ConditionStatus.True ? "RuleCompiled"
            : accepted.Reason is RuleReview.ScopeNotPermitted ? accepted.Reason
            : accepted.Reason is RuleReview.TestFailed ? "RuleTestFailed" : "RuleRefused";
        events.Tell(
            EventSubject.Of(one), accepted.Status != ConditionStatus.True, reason, "Reconcile", accepted.Message);
    }

    private static ResourceCondition? Of(JsonObject? status) =>
        StatusWriter.ConditionsOf(status)?.FirstOrDefault(static one => one.Type == "Accepted");
}
