using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Control;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>From what is seen to what is written. Pure.</summary>
public static class ProfileStatus
{
    private const int UnhealthyMax = 16;

    /// <summary>A quiet cluster's breathing is no news, nor is one packet of ten thousand that was lost.</summary>
    private const double PacketsOfNews = 100, DropRatioOfNews = 0.0001;

    public static JsonObject Of(ProfileSight sight, JsonObject? before, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(sight);
        var conditions = Conditions.Merge(StatusWriter.ConditionsOf(before), Find(sight), sight.Generation, now);
        var status = new CaptureProfileStatus
        {
            ObservedGeneration = sight.Generation,
            Conditions = conditions,
            ConfigRevision = sight.Plan?.Revision,
            TargetedPods = sight.Pods,
            Sensors = new SensorCounts
            {
                Desired = sight.Desired,
                Ready = sight.Ready,
                Programmed = sight.Programmed,
                Degraded = sight.Degraded.Count(),
            },
            Workers = new WorkerCounts { Desired = sight.WorkersDesired, Ready = sight.WorkersReady },
            UnhealthyNodes = Unhealthy(sight),
        };
        var written = ResourceJson.Write(status).AsObject();
        if (Rates(sight, before?["capture"] as JsonObject, now) is { } rates) written["capture"] = rates;
        return written;
    }

    public static IReadOnlyList<Found> Find(ProfileSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        var (accepted, refs, programmed) = (Accepted(sight), Refs(sight), Programmed(sight));
        return [accepted, refs, programmed, WithinBudget(sight), Ready(sight, accepted, programmed)];
    }

    private static Found Accepted(ProfileSight sight)
    {
        if (sight.Problems is not [var first, ..])
        {
            var checks = sight.IsFilterUnchecked ? "; sensors say whether its bpfFilter does" : "";
            return Found.True("Accepted", "Valid", $"The profile makes sense{checks}");
        }

        var running = sight.Accepted is { } kept ? $"; generation {kept.Generation} keeps running" : "";
        return Found.False("Accepted", first.Reason, string.Join("; ", sight.Problems) + running);
    }

    private static Found Refs(ProfileSight sight)
    {
        if (sight.Accepted is null) return Found.Unknown("ResolvedRefs", "Pending", "Nothing is in force");

        if (!sight.IsSuspended && sight.Plan is not null && !sight.IsServed)
        {
            var why = sight.Plan.Unfit.TryGetValue(sight.Accepted.Name, out var text) ? $": {text}" : "";
            return Found.False(
                "ResolvedRefs", "DoesNotFit",
                $"Together with the profiles before it, it says more than a sensor takes{why}");
        }

        if (sight.IsLeft)
        {
            return Found.False(
                "ResolvedRefs", "TooManyPlacements",
                $"Profiles name more than {Placement.ClassesMax} different choices of nodes, or too many labels");
        }

        var missing = NotServed.Of(sight.Accepted.Spec);
        var shared = NotTaken.Of(sight.Accepted.Spec, sight.IsShared);
        var others = shared.Count == 0 ? "" : $"; profiles of the cluster say {string.Join(", ", shared)}";
        if (missing.Count > 0)
        {
            return Found.False("ResolvedRefs", "NotServed", $"{string.Join("; ", missing)}. The rest is done{others}");
        }

        return shared.Count == 0
            ? Found.True("ResolvedRefs", "Resolved", "Everything that it asks for is there")
            : Found.True("ResolvedRefs", "ClusterDecides", $"What is its own to say is there{others}");
    }

    private static Found Programmed(ProfileSight sight)
    {
        if (sight.Accepted is null) return Found.False("Programmed", "NotAccepted", "Nothing is in force");
        if (sight.Accepted.Generation != sight.Generation)
        {
            return Found.False(
                "Programmed", "NotAccepted", $"Generation {sight.Accepted.Generation} runs, which was accepted before");
        }

        if (sight.Plan is null) return Found.False("Programmed", "Pending", "Sensors are not planned yet");
        if (sight.IsCounted && sight.Desired == 0)
        {
            return Found.False(
                "Programmed", "NoNodes", sight.IsShared && sight.Accepted.Spec.Scope == ResourceScope.Namespace
                    ? "Of the nodes that profiles of the cluster put sensors on, it means none"
                    : "No node may have a sensor of it");
        }

        var count = string.Create(
            CultureInfo.InvariantCulture, $"{sight.Programmed}/{sight.Desired} sensors run {sight.Plan.Revision}");
        var revision = sight.Plan.Revision;
        if (sight.Sensors.FirstOrDefault(one => one.Refused.Length > 0 && one.Revision != revision) is { } no)
        {
            return Found.False("Programmed", "Refused", $"{count}; {no.Node}: {no.Refused}");
        }

        return sight.IsCounted && sight.Programmed >= sight.Desired
            ? Found.True("Programmed", "RevisionApplied", count)
            : Found.False("Programmed", "RollingOut", count);
    }

    private static Found WithinBudget(ProfileSight sight)
    {
        if (sight.Sensors.Count == 0) return Found.Unknown("WithinBudget", "Pending", "No sensor has said");

        var degraded = sight.Degraded.OrderByDescending(static one => DepthOf(one.Rung)).ToList();
        if (degraded is not [var worst, ..])
        {
            return Found.True("WithinBudget", "BelowLimits", "No sensor reads less than it was asked to");
        }

        var reason = worst.Rung switch
        {
            "flows" => "SteppedDownToFlows",
            "headers" => "SteppedDownToHeaders",
            _ => "SteppedDownToSamples",
        };
        return Found.False(
            "WithinBudget", reason,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{degraded.Count}/{sight.Desired} sensors read less; {worst.Node}: {worst.Rung}, {worst.RungReason}"));
    }

    private static Found Ready(ProfileSight sight, Found accepted, Found programmed)
    {
        if (sight.Accepted is null) return Found.False("Ready", accepted.Reason, accepted.Message);
        if (sight.IsSuspended) return Found.False("Ready", "Suspended", "spec.suspend is set: nothing is captured");
        if (sight.Plan is null) return Found.False("Ready", "Pending", programmed.Message);
        if (sight.IsCounted && sight.Desired == 0) return Found.False("Ready", "NoNodes", programmed.Message);

        var count = string.Create(
            CultureInfo.InvariantCulture,
            $"{sight.Ready}/{sight.Desired} sensors and {sight.WorkersReady}/{sight.WorkersDesired} workers are ready");
        if (!sight.IsCounted || sight.Ready < sight.Desired) return Found.False("Ready", "SensorsNotReady", count);
        if (sight.WorkersReady == 0) return Found.False("Ready", "WorkersNotReady", count);
        if (sight.Pods == 0 && sight.HostTraffic == HostTraffic.Exclude)
        {
            return Found.False("Ready", "NoPodsMatch", "No pod is selected");
        }

        return Found.True("Ready", "Capturing", count);
    }

    private static List<UnhealthyNode>? Unhealthy(ProfileSight sight)
    {
        var all = sight.Sensors.Where(static one => !one.IsReady || one.Refused.Length > 0)
            .OrderBy(static one => one.IsReady).ThenBy(static one => one.Node, StringComparer.Ordinal)
            .Take(UnhealthyMax)
            .Select(static one => new UnhealthyNode
            {
                Name = one.Node,
                Reason = one.IsReady ? "Refused" : "NotReady",
                Message = Short(one.IsReady ? one.Refused : one.NotReady),
            })
            .ToList();
        return all.Count == 0 ? null : all;
    }

    private static string? Short(string text) => text.Length == 0 ? null : text.Length <= 1024 ? text : text[..1024];

    /// <summary>As they were shown while they are about the same.</summary>
    private static JsonObject? Rates(ProfileSight sight, JsonObject? before, DateTimeOffset now)
    {
        if (sight.Sensors.Count == 0) return before?.DeepClone().AsObject();

        var packets = sight.Sensors.Sum(static one => one.PacketsPerSecond);
        var bits = sight.Sensors.Sum(static one => one.BitsPerSecond);
        var dropped = sight.Sensors.Sum(static one => one.DropRatio * one.PacketsPerSecond);
        var ratio = packets > 0 ? dropped / packets : 0;
        var isAsBefore = before is not null
            && ShownRate.IsAbout(RatioOf(before["dropRatio"]?.GetValue<string>()), ratio, DropRatioOfNews)
            && ShownRate.IsAbout(before["packetsPerSecond"]?.GetValue<long>() ?? 0, packets, PacketsOfNews);
        if (isAsBefore) return before!.DeepClone().AsObject();

        return ResourceJson.Write(new CaptureRates
        {
            LastSampleTime = now,
            PacketsPerSecond = (long)Math.Round(packets),
            BitsPerSecond = (long)Math.Round(bits),
            DropRatio = ratio.ToString("0.000%", CultureInfo.InvariantCulture),
        }).AsObject();
    }

    /// <summary>Of a text that we wrote; of another none.</summary>
    private static double RatioOf(string? shown) =>
        double.TryParse(shown?.TrimEnd('%'), CultureInfo.InvariantCulture, out var percent) ? percent / 100 : 0;

    private static int DepthOf(string rung) => rung switch { "flows" => 3, "headers" => 2, _ => 1 };
}
