using System.Text.Json;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>Why no DaemonSet puts a pod on a node, as its controller would decide.</summary>
internal static class NodeFit
{
    /// <summary>Taints that the controller tolerates for every DaemonSet; all but the last of them for every pod on the
    /// host's network.</summary>
    private static readonly HashSet<string> s_tolerated = new(StringComparer.Ordinal)
    {
        "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/memory-pressure", "node.kubernetes.io/pid-pressure", "node.kubernetes.io/unschedulable",
        "node.kubernetes.io/network-unavailable",
    };

    public static string WhyNone(JsonElement node, List<JsonElement> sets)
    {
        var reasons = sets.Select(set => WhyNot(node, set.Inner("spec", "template", "spec") ?? default)).ToList();
        return reasons.Contains("")
            ? "it should have one, which the DaemonSet's controller has not made yet"
            : string.Join(" or ", reasons.Distinct());
    }

    /// <summary>Empty when it fits.</summary>
    internal static string WhyNot(JsonElement node, JsonElement pod)
    {
        var labels = node.Map("metadata", "labels").ToDictionary(StringComparer.Ordinal);
        foreach (var (key, value) in pod.Map("nodeSelector"))
        {
            if (labels.GetValueOrDefault(key) != value) return $"no label {key}={value}, which the selector asks for";
        }

        var tolerations = pod.List("tolerations").ToList();
        foreach (var taint in node.List("spec", "taints"))
        {
            if (taint.Text("effect") == "PreferNoSchedule" || s_tolerated.Contains(taint.Text("key"))) continue;
            if (tolerations.Exists(toleration => Tolerates(toleration, taint))) continue;

            var value = taint.Text("value") is { Length: > 0 } text ? $"={text}" : "";
            return $"taint {taint.Text("key")}{value}:{taint.Text("effect")} is not tolerated";
        }

        var required = pod.Inner("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution");
        return required is { } affinity && !affinity.List("nodeSelectorTerms").Any(term => Holds(term, node, labels))
            ? "the affinity of sensors leaves it out" : "";
    }

    private static bool Tolerates(JsonElement toleration, JsonElement taint)
    {
        var (effect, key) = (toleration.Text("effect"), toleration.Text("key"));
        if (effect.Length > 0 && effect != taint.Text("effect")) return false;

        var isAny = toleration.Text("operator") == "Exists";
        if (key.Length == 0) return isAny;

        return key == taint.Text("key") && (isAny || toleration.Text("value") == taint.Text("value"));
    }

    private static bool Holds(JsonElement term, JsonElement node, Dictionary<string, string> labels)
    {
        if (term.List("matchFields").Any(field => field.Text("key") == "metadata.name"
            && !field.Texts("values").Contains(node.Text("metadata", "name"))))
        {
            return false;
        }

        foreach (var expression in term.List("matchExpressions"))
        {
            var found = labels.TryGetValue(expression.Text("key"), out var value);
            var isListed = found && expression.Texts("values").Contains(value);
            var holds = expression.Text("operator") switch
            {
                "In" => isListed,
                "NotIn" => !isListed,
                "Exists" => found,
                "DoesNotExist" => !found,
                // Gt and Lt: nobody chooses nodes for sensors by them; better no word than a wrong one.
                _ => true,
            };
            if (!holds) return false;
        }

        return true;
    }
}
