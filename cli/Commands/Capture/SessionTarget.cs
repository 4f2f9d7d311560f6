using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Capture;

/// <summary>Whose packets a session is about, as its object says it: pods by name, or by the labels that a workload
/// selects its pods by.</summary>
internal static class SessionTarget
{
    private static readonly Dictionary<string, ResourceKind> s_workloads = new(StringComparer.Ordinal)
    {
        ["deploy"] = KubeKinds.Deployments, ["deployment"] = KubeKinds.Deployments,
        ["deployments"] = KubeKinds.Deployments, ["sts"] = KubeKinds.StatefulSets,
        ["statefulset"] = KubeKinds.StatefulSets, ["statefulsets"] = KubeKinds.StatefulSets,
        ["ds"] = KubeKinds.DaemonSets, ["daemonset"] = KubeKinds.DaemonSets, ["daemonsets"] = KubeKinds.DaemonSets,
        ["svc"] = KubeKinds.Services, ["service"] = KubeKinds.Services, ["services"] = KubeKinds.Services,
    };

    /// <summary>Of a target or of a selector.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    /// <exception cref="KubeRefusal">The workload is not there.</exception>
    public static async Task<JsonObject> OfAsync(
        KubeReading reading, string inNamespace, string? target, string? selector, CancellationToken cancel)
    {
        if (target is null == (selector is null))
        {
            throw new UsageException("whose packets? pod/NAME, deploy/NAME, sts/, ds/ or svc/NAME, or -l LABELS");
        }

        if (selector is not null)
        {
            return new JsonObject
            {
                ["podSelector"] = new JsonObject
                {
                    ["matchExpressions"] = new JsonArray([.. LabelTerms.Of(selector).Select(Expression)]),
                },
            };
        }

        var parts = target!.Split('/');
        if (parts is [var bare]) parts = ["pod", bare];
        if (parts is not [var kind, { Length: > 0 } name])
        {
            throw new UsageException($"'{target}' is no target: pod/NAME, deploy/NAME, sts/, ds/ or svc/NAME");
        }

        if (kind is "po" or "pod" or "pods") return new JsonObject { ["podNames"] = new JsonArray(name) };
        if (!s_workloads.TryGetValue(kind.ToLowerInvariant(), out var workload))
        {
            throw new UsageException($"no session is about a '{kind}': use pod, deploy, sts, ds, svc, or -l LABELS");
        }

        var found = await reading.GetAsync(workload, inNamespace, name, cancel).ConfigureAwait(false);
        var own = found.Inner("spec", "selector");
        if (own is not { ValueKind: JsonValueKind.Object } labels)
        {
            throw new UsageException($"{target} selects no pods by labels");
        }

        var written = JsonNode.Parse(labels.GetRawText())!.AsObject();
        return new JsonObject
        {
            ["podSelector"] = workload == KubeKinds.Services ? new JsonObject { ["matchLabels"] = written } : written,
        };
    }

    private static JsonNode Expression(LabelTerm term)
    {
        var one = new JsonObject
        {
            ["key"] = term.Key,
            ["operator"] = (term.Values.Count, term.IsNot) switch
            {
                (0, false) => "Exists", (0, true) => "DoesNotExist", (_, false) => "In", _ => "NotIn",
            },
        };
        if (term.Values.Count > 0) one["values"] = new JsonArray([.. term.Values]);
        return one;
    }
}
