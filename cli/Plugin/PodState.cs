using System.Globalization;
using System.Text.Json;
using NetSniff.Kube;

namespace NetSniff.Cli.Plugin;

/// <summary>How a pod is, in the words of its status.</summary>
internal static class PodState
{
    public static string NameOf(JsonElement pod) => pod.Text("metadata", "name");

    public static bool IsReady(JsonElement pod) => pod.Inner("metadata", "deletionTimestamp") is null
        && pod.List("status", "conditions").Any(one => one.Text("type") == "Ready" && one.Text("status") == "True");

    /// <summary>How it ended last says more than how long the kubelet waits.</summary>
    private static string Crashed(JsonElement container)
    {
        var last = container.Inner("lastState", "terminated");
        var code = last?.Number("exitCode") is { } number
            ? string.Create(CultureInfo.InvariantCulture, $", the last time with code {number}") : "";
        var said = last?.Text("message") is { Length: > 0 } message ? $": {message.Trim()}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"crashes (CrashLoopBackOff), restarted {container.Number("restartCount") ?? 0} times{code}{said}");
    }

    /// <summary>Why it is not ready; empty when it is.</summary>
    public static string WhyNot(JsonElement pod)
    {
        if (IsReady(pod)) return "";
        if (pod.Inner("metadata", "deletionTimestamp") is not null) return "is being deleted";

        foreach (var container in pod.List("status", "containerStatuses"))
        {
            foreach (var state in (ReadOnlySpan<string>)["waiting", "terminated"])
            {
                if (container.Inner("state", state) is not { } found) continue;

                if (found.Text("reason") == "CrashLoopBackOff") return Crashed(container);

                var restarts = container.Number("restartCount") is > 0 and var count
                    ? string.Create(CultureInfo.InvariantCulture, $", restarted {count} times") : "";
                var said = found.Text("message") is { Length: > 0 } message ? $": {message}" : "";
                return found.Text("reason") + said + restarts;
            }
        }

        var condition = pod.List("status", "conditions")
            .FirstOrDefault(one => one.Text("status") == "False" && one.Text("message").Length > 0);
        return condition.ValueKind == JsonValueKind.Object
            ? $"{condition.Text("reason")}: {condition.Text("message")}"
            : pod.Text("status", "phase") is { Length: > 0 } phase ? phase : "no kubelet has said anything of it";
    }
}
