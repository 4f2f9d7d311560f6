using NetSniff.Kube.Resources;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>What a profile may say and this version does not do. Everything else of it is done.</summary>
public static class NotServed
{
    private static readonly CaptureProfileSpec s_silent = new();

    /// <returns>Each with its field.</returns>
    public static IReadOnlyList<string> Of(CaptureProfileSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        List<string> found = [];
        for (var place = 0; place < (spec.Protocols?.Count ?? 0); place++)
        {
            var one = spec.Protocols![place];
            if (CapturePlan.IsRead(one.Name)) continue;

            var name = one.Name == ProtocolName.Plugin ? $"plugin {one.Plugin}" : one.Name.ToString();
            found.Add($"spec.protocols[{place}]: {name} is not read, its flows are told");
        }

        for (var place = 0; place < (spec.Exports?.Count ?? 0); place++)
        {
            found.Add($"spec.exports[{place}]: nothing is exported to {spec.Exports![place].Type}");
        }

        var capture = spec.Capture;
        if (capture.Backend == CaptureBackend.AFXDP) found.Add("spec.capture.backend: there is no AFXDP");
        if (capture.Sampling.Mode == SamplingMode.Packet)
        {
            found.Add("spec.capture.sampling.mode: packets are not sampled, flows are");
        }

        if (capture.Deduplication != Deduplication.PreferSource)
        {
            found.Add(
                $"spec.capture.deduplication: {capture.Deduplication} is not done, what every interface saw is stored "
                + "and counted once as it is read");
        }

        if (capture.Ring.Fanout == RingFanout.CPU)
        {
            found.Add("spec.capture.ring.fanout: CPU would part the packets of a flow, FlowHash is done");
        }

        if (spec.Payload.Level == PayloadLevel.Body)
        {
            found.Add("spec.payload.level: bodies are not recorded, Headers is done");
        }

        if (spec.Payload.MaxBodyBytes != s_silent.Payload.MaxBodyBytes)
        {
            found.Add("spec.payload.maxBodyBytes: bodies are not recorded");
        }

        if (spec.Budget.OnOverload == OverloadStep.Stop)
        {
            found.Add("spec.budget.onOverload: a sensor does not stop, it counts flows (FlowsOnly)");
        }

        return found;
    }
}
