namespace NetSniff.Kube.Resources;

/// <summary>The rules between fields, as C#: old servers know no CEL and take what others refuse.</summary>
/// <remarks>A test holds each of them to the text of its CEL. Where an object was before, what may not change is looked
/// at as well.</remarks>
public static class ResourceChecks
{
    private const int ProfileNameMax = 52;

    public static IReadOnlyList<ResourceProblem> Of(CaptureProfile one, CaptureProfile? before = null)
    {
        ArgumentNullException.ThrowIfNull(one);
        var (found, spec) = (new Findings(), one.Spec);
        var isCluster = spec.Scope == ResourceScope.Cluster;
        found.Unless(one.Metadata.Name.Length <= ProfileNameMax, "",
            "name must be at most 52 characters: names of other objects begin with it");
        found.Unless(before is null || before.Spec.Scope == spec.Scope, "spec.scope", "scope cannot be changed");
        found.Unless(isCluster || spec.Targets.HostTraffic == HostTraffic.Exclude, "spec.targets.hostTraffic",
            "hostTraffic: Include needs scope: Cluster");
        found.Unless(isCluster || spec.Targets.NamespaceSelector is null, "spec.targets.namespaceSelector",
            "namespaceSelector needs scope: Cluster; a profile of scope Namespace is of its own namespace");
        found.Unless(spec.Payload.Level != PayloadLevel.Body || spec.Redaction.Mode == RedactionMode.Enforce,
            "spec.payload.level", "payload level Body needs redaction mode Enforce");
        found.Unless(spec.Workers.MaxReplicas >= spec.Workers.MinReplicas, "spec.workers.maxReplicas",
            "maxReplicas must be at least minReplicas");
        found.Unless(spec.Capture.Sampling.Mode == SamplingMode.None || spec.Capture.Sampling.OneIn > 1,
            "spec.capture.sampling.oneIn", "oneIn must be greater than 1 when sampling is on");
        found.Unless(IsExpression(spec.Capture.BpfFilter), "spec.capture.bpfFilter",
            "bpfFilter is an expression of tcpdump's language, no options of a command");
        found.Each(spec.Protocols, "spec.protocols", static (protocol, where, found) => found.Unless(
            protocol.Name == ProtocolName.Plugin == protocol.Plugin is not null, where + ".plugin",
            "plugin is required when, and only when, name is Plugin"));
        found.Each(spec.Exports, "spec.exports", static (export, where, found) =>
        {
            found.Member(export.Type, ExportType.OTLP, export.OTLP, where, "otlp");
            found.Member(export.Type, ExportType.Kafka, export.Kafka, where, "kafka");
            found.Member(export.Type, ExportType.IPFIX, export.IPFIX, where, "ipfix");
        });
        return found.All;
    }

    public static IReadOnlyList<ResourceProblem> Of(DetectionRule one)
    {
        ArgumentNullException.ThrowIfNull(one);
        var (found, spec) = (new Findings(), one.Spec);
        found.Unless(
            spec.Mode == RuleMode.Alert
                || (spec.Actions ?? []).All(static action => action.Type is ActionType.Event or ActionType.Metric),
            "spec.actions", "in mode Shadow or Disabled there are only Event and Metric actions");
        found.Unless(
            spec.Condition is not null
                || spec.Detector.Type is DetectorType.Builtin or DetectorType.Anomaly or DetectorType.Pattern,
            "spec.condition", "condition is required for the detectors Match, Threshold, Distinct and Sequence");
        Check(spec.Match.From, "spec.match.from", found);
        Check(spec.Match.To, "spec.match.to", found);
        Check(spec.Detector, "spec.detector", found);
        found.Each(spec.Actions, "spec.actions", static (action, where, found) =>
        {
            found.Member(action.Type, ActionType.Webhook, action.Webhook, where, "webhook");
            found.Unless(action.Type == ActionType.Capture || action.Capture is null, where + ".capture",
                "capture is allowed only when type is Capture");
        });
        found.Each(spec.Tests, "spec.tests", static (test, where, found) => found.Unless(
            test.Records is null != test.PcapRef is null, where + ".records",
            "exactly one of records and pcapRef must be set"));
        return found.All;
    }

    public static IReadOnlyList<ResourceProblem> Of(CaptureSession one, CaptureSession? before = null)
    {
        ArgumentNullException.ThrowIfNull(one);
        var (found, spec) = (new Findings(), one.Spec);
        found.Unless(before is null || IsSameButStop(before.Spec, spec), "spec",
            "a session cannot be changed once it was asked for, only stopped");
        found.Unless(before is null || spec.Stop || !before.Spec.Stop, "spec.stop",
            "a session that was stopped cannot go on");
        found.Unless(IsExpression(spec.BpfFilter), "spec.bpfFilter",
            "bpfFilter is an expression of tcpdump's language, no options of a command");
        found.Unless(spec.Target.PodSelector is null != spec.Target.PodNames is null, "spec.target.podSelector",
            "exactly one of podSelector and podNames must be set");
        found.Member(spec.Output.Type, SessionOutputType.PVC, spec.Output.PVC, "spec.output", "pvc");
        found.Member(spec.Output.Type, SessionOutputType.S3, spec.Output.S3, "spec.output", "s3");
        return found.All;
    }

    private static void Check(RulePeer? peer, string where, Findings found) => found.Unless(
        peer?.Cidrs is null || (peer.PodSelector is null && peer.NamespaceSelector is null), where + ".cidrs",
        "cidrs excludes podSelector and namespaceSelector");

    private static void Check(RuleDetector detector, string where, Findings found)
    {
        found.Member(detector.Type, DetectorType.Threshold, detector.Threshold, where, "threshold");
        found.Member(detector.Type, DetectorType.Distinct, detector.Distinct, where, "distinct");
        found.Member(detector.Type, DetectorType.Sequence, detector.Sequence, where, "sequence");
        found.Member(detector.Type, DetectorType.Pattern, detector.Pattern, where, "pattern");
        found.Member(detector.Type, DetectorType.Anomaly, detector.Anomaly, where, "anomaly");
        found.Member(detector.Type, DetectorType.Builtin, detector.Builtin, where, "builtin");
        found.Each(detector.Pattern?.Patterns, where + ".pattern.patterns", static (pattern, where, found) =>
            found.Unless(pattern.Literal is null != pattern.Regex is null, where + ".literal",
                "exactly one of literal and regex must be set"));
    }

    private static bool IsExpression(string? filter) => filter?.StartsWith('-') != true;

    /// <summary>Compared as they are written: parts hold lists, which are equal by what is in them.</summary>
    private static bool IsSameButStop(CaptureSessionSpec before, CaptureSessionSpec now)
    {
        var (left, right) = (ResourceJson.Write(before).AsObject(), ResourceJson.Write(now).AsObject());
        foreach (var one in new[] { left, right })
        {
            one.Remove("stop");
            one.Remove("ttlSecondsAfterFinished");
        }

        return System.Text.Json.Nodes.JsonNode.DeepEquals(left, right);
    }

    private sealed class Findings
    {
        public List<ResourceProblem> All { get; } = [];

        public void Unless(bool holds, string field, string text)
        {
            if (!holds) All.Add(new ResourceProblem(field, "Rule", text));
        }

        /// <summary>Of the parts that a type chooses between, exactly the chosen one is there.</summary>
        public void Member<TEnum>(TEnum type, TEnum chosen, object? part, string where, string name)
            where TEnum : struct, Enum =>
            Unless(type.Equals(chosen) == part is not null, $"{where}.{name}",
                $"{name} is required when, and only when, type is {chosen}");

        public void Each<T>(IReadOnlyList<T>? list, string where, Action<T, string, Findings> check)
        {
            for (var place = 0; place < (list?.Count ?? 0); place++) check(list![place], $"{where}[{place}]", this);
        }
    }
}
