using NetSniff.Filters.Expression;
using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Config;

/// <summary>What is wrong with how and whose packets are to be taken.</summary>
internal static class CaptureChecks
{
    private const int SampleMax = 65_536;
    private const int InterfacesMax = 64;
    private const int InterfaceLengthMax = 64;
    private const int RevisionLengthMax = 64;

    // The serializer takes an explicit null for a reference whatever its type says.
    public static bool HasNull(SensorConfig config) =>
        config is { Capture: null } or { Capture.BpfFilter: null } or { Capture.Sampling: null } or { Where: null }
            or { Protocols: null } or { Payload: null } or { Redaction: null } or { Budget: null } or { Flows: null }
            or { Revision: null } or { Targets: null } or { Targets.Addresses: null } or { Targets.ExcludeCidrs: null }
            or { Capture.Interfaces: null } or { Capture.Interfaces.Include: null }
            or { Capture.Interfaces.Exclude: null } or { Capture.Ring: null } or { Capture.Ring.Size: null }
            or { Storage: null } or { Storage.FlowRetention: null } or { Storage.PacketBuffer: null }
            or { Storage.PacketBuffer.Size: null }
            or { Storage.PacketBuffer.MaxAge: null } or { Redaction.Presets: null }
            or { Redaction.Headers: null } or { Redaction.JsonFields: null }
            or { Redaction.QueryParameters: null } or { Redaction.Patterns: null } or { Budget.Cpu: null }
            or { Budget.Memory: null } or { Budget.OnOverload: null }
        || config.Protocols.Any(one => one?.Name is null || one.Ports is null)
        || config.Targets.Addresses.Any(one => one is null) || config.Targets.ExcludeCidrs.Any(one => one is null)
        || HasNull(config.Capture.Interfaces!)
        || config.Redaction.Patterns.Any(one => one is null or { Name: null } or { Regex: null }
            or { Replacement: null })
        || config.Redaction.Headers.Concat(config.Redaction.JsonFields).Concat(config.Redaction.QueryParameters)
            .Any(one => one is null);

    private static bool HasNull(InterfacesConfig interfaces) =>
        interfaces.Include.Any(one => one is null) || interfaces.Exclude.Any(one => one is null);

    public static void Check(SensorConfig config, List<ConfigProblem> problems)
    {
        if (config.Sequence < 0) problems.Add(new("sequence", "is 0 or more"));
        if (config.Revision.Length > RevisionLengthMax)
        {
            problems.Add(new("revision", $"has at most {RevisionLengthMax} characters"));
        }

        if (config.Capture.BpfFilter.StartsWith('-'))
        {
            problems.Add(new("capture.bpfFilter", "is a filter expression, not command line flags"));
        }

        if (config.Capture.Sampling is { Mode: SamplingMode.Flow, OneIn: < 2 or > SampleMax })
        {
            problems.Add(new("capture.sampling.oneIn", $"is from 2 to {SampleMax} when sampling is on"));
        }

        if (config.Capture.Sampling.Mode == SamplingMode.Packet)
        {
            problems.Add(new(
                "capture.sampling.mode", "packets are not sampled: None, or Flow, which reads whole flows"));
        }

        if (config.Capture.Backend == BackendChoice.AFXDP)
        {
            problems.Add(new("capture.backend", "there is no AFXDP yet: Auto, AFPacket or Libpcap"));
        }

        if (config.Capture.SnapLength is < CaptureConfig.SnapLengthMin or > CaptureConfig.SnapLengthMax)
        {
            problems.Add(new(
                "capture.snapLength", $"is from {CaptureConfig.SnapLengthMin} to {CaptureConfig.SnapLengthMax}"));
        }

        var ring = config.Capture.Ring.Size;
        if (ring.Length > 0 && !(Quantity.TryParse(ring, out var bytes) && bytes is >= 1 << 20 and <= 4L << 30))
        {
            problems.Add(new("capture.ring.size", $"is a quantity from 1Mi to 4Gi, not '{ring}'"));
        }

        if (config.Capture.Ring.Fanout == FanoutChoice.CPU)
        {
            problems.Add(new(
                "capture.ring.fanout", "packets of a flow must come to one thread: FlowHash sees to it, or None"));
        }

        CheckInterfaces("capture.interfaces.include", config.Capture.Interfaces.Include, problems);
        CheckInterfaces("capture.interfaces.exclude", config.Capture.Interfaces.Exclude, problems);
        CheckTargets(config.Targets, problems);
        if (config.Where.Length > 0 && FilterExpression.Parse(config.Where).Problem is { } problem)
        {
            problems.Add(new("where", $"column {problem.Column}: {problem.Text}"));
        }
    }

    private static void CheckInterfaces(string path, IReadOnlyList<string> names, List<ConfigProblem> problems)
    {
        if (names.Count > InterfacesMax) problems.Add(new(path, $"at most {InterfacesMax}"));
        for (var index = 0; index < names.Count; index++)
        {
            var name = names[index];
            var why = name.Length is 0 or > InterfaceLengthMax ? $"has 1 to {InterfaceLengthMax} characters"
                : InterfacesConfig.ExpressionOf(name) is { } regex ? ConfigReader.ProblemOf(regex, mayBeEmpty: true)
                : null;
            if (why is not null) problems.Add(new($"{path}[{index}]", why));
        }
    }

    private static void CheckTargets(TargetsConfig targets, List<ConfigProblem> problems)
    {
        if (targets.Addresses.Count > TargetsConfig.AddressesMax)
        {
            problems.Add(new("targets.addresses", $"at most {TargetsConfig.AddressesMax}"));
        }

        if (targets.ExcludeCidrs.Count > TargetsConfig.NetworksMax)
        {
            problems.Add(new("targets.excludeCidrs", $"at most {TargetsConfig.NetworksMax}"));
        }

        for (var index = 0; index < targets.Addresses.Count; index++)
        {
            if (TargetsConfig.TryParse(targets.Addresses[index], out Address _)) continue;
            problems.Add(new($"targets.addresses[{index}]", $"is an address, not '{targets.Addresses[index]}'"));
        }

        for (var index = 0; index < targets.ExcludeCidrs.Count; index++)
        {
            var text = targets.ExcludeCidrs[index];
            if (TargetsConfig.TryParse(text, out Network _)) continue;
            problems.Add(new(
                $"targets.excludeCidrs[{index}]", $"is a network such as 10.0.0.0/8, not '{text}'"));
        }
    }
}
