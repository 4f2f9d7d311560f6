using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Tells of conditions that turned.</summary>
internal static class ProfileEvents
{
    public static void Tell(EventRecorder events, OwnObject one, JsonObject? before, JsonObject now)
    {
        var all = StatusWriter.ConditionsOf(before) ?? [];
        foreach (var condition in StatusWriter.ConditionsOf(now) ?? [])
        {
            var known = all.FirstOrDefault(old => old.Type == condition.Type);
            var isNews = known is null || known.Status != condition.Status
                || (known.Reason != condition.Reason && condition.Status == ConditionStatus.False);
            if (!isNews || Of(condition, known) is not { } told) continue;

            events.Tell(EventSubject.Of(one), told.IsWarning, told.Reason, "Reconcile", condition.Message);
        }
    }

    private static (string Reason, bool IsWarning)? Of(ResourceCondition now, ResourceCondition? before) =>
        (now.Type, now.Status) switch
        {
            ("Accepted", ConditionStatus.True) => ("ProfileAccepted", false),
            ("Accepted", ConditionStatus.False) =>
                (now.Reason == "ScopeNotPermitted" ? now.Reason : "ProfileRefused", true),
            ("ResolvedRefs", ConditionStatus.False) => (now.Reason, true),
            ("WithinBudget", ConditionStatus.False) => ("BudgetStepDown", true),
            ("WithinBudget", ConditionStatus.True) when before?.Status == ConditionStatus.False =>
                ("BudgetStepUp", false),
            ("Ready", ConditionStatus.True) => ("Capturing", false),
            ("Ready", ConditionStatus.False) when before?.Status == ConditionStatus.True
                && now.Reason is "SensorsNotReady" => ("SensorDegraded", true),
            _ => null,
        };
}
