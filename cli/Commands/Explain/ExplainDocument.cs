using System.Text.Json.Nodes;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli.Commands.Explain;

/// <summary>The same for programs.</summary>
internal static class ExplainDocument
{
    public static JsonObject Of(NodeSight sight)
    {
        var plan = sight.Plan;
        return new JsonObject
        {
            ["node"] = sight.Node,
            ["sensor"] = new JsonObject
            {
                ["pod"] = sight.Sensor is { } pod ? KubeObject.FullName(pod) : null,
                ["ready"] = sight.Sensor is { } one && PodState.IsReady(one),
                ["class"] = plan.Class,
                ["wantedRevision"] = plan.Revision,
                ["runningRevision"] = sight.Running?.Status?.ConfigRevision,
                ["rung"] = sight.Running?.Status?.Rung,
            },
            ["profiles"] = new JsonArray([.. plan.Profiles.Select(static profile => (JsonNode)new JsonObject
            {
                ["name"] = profile.Name, ["holds"] = profile.WhyNot.Length == 0, ["why"] = profile.WhyNot,
            })]),
            ["settings"] = new JsonArray([.. plan.Settings.Select(static setting => (JsonNode)new JsonObject
            {
                ["field"] = setting.Field, ["inForce"] = setting.InForce,
                ["otherwise"] = new JsonArray([.. setting.Others.Select(static other => (JsonNode)new JsonObject
                {
                    ["profile"] = other.Profile, ["value"] = other.Value,
                })]),
            })]),
            ["targets"] = new JsonObject
            {
                ["all"] = plan.Targets.IsAll,
                ["hostTraffic"] = plan.Targets.HasHostTraffic,
                ["excludeCIDRs"] = new JsonArray([.. plan.Targets.ExcludeCidrs]),
                ["pods"] = new JsonArray([.. plan.Pods.Select(static target => (JsonNode)new JsonObject
                {
                    ["pod"] = target.Pod,
                    ["addresses"] = new JsonArray([.. target.Addresses]),
                    ["profiles"] = new JsonArray([.. target.Profiles]),
                })]),
            },
        };
    }
}
