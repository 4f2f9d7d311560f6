using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>What a profile of one namespace says and everybody's sensors and workers do not do for it: it is for those
/// to say who may write profiles of the whole cluster.</summary>
public static class NotTaken
{
    /// <param name="isShared">Its sensors serve profiles of the cluster as well; what each of several namespaces says
    /// counts otherwise.</param>
    /// <returns>Fields.</returns>
    public static IReadOnlyList<string> Of(CaptureProfileSpec spec, bool isShared)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Scope == ResourceScope.Cluster) return [];

        List<string> found = [];
        var (capture, buffer) = (spec.Capture, spec.Storage.PacketBuffer);
        if (capture.Ring.Size is not null) found.Add("spec.capture.ring.size");
        if (buffer.Size is not null || buffer.MaxAge is not null) found.Add("spec.storage.packetBuffer");
        if (spec.Storage.FlowRetention is not null) found.Add("spec.storage.flowRetention");
        if (!IsSame(spec.Sensors, new SensorPods())) found.Add("spec.sensors");
        if (!IsSame(spec.Workers, new WorkerPods())) found.Add("spec.workers");
        if (!isShared) return found;

        if (!IsSame(spec.Budget, new BudgetSettings())) found.Add("spec.budget");
        if (capture.Backend != CaptureBackend.Auto) found.Add("spec.capture.backend");
        if (!IsSame(capture.Interfaces, new InterfaceNames())) found.Add("spec.capture.interfaces");
        if (spec.Targets.ExcludeCIDRs is { Count: > 0 }) found.Add("spec.targets.excludeCIDRs");
        return found;
    }

    private static bool IsSame<T>(T left, T right) where T : ResourcePart =>
        JsonNode.DeepEquals(ResourceJson.Write(left), ResourceJson.Write(right));
}
