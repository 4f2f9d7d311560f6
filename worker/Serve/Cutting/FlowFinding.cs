using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Observing;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>From a filter over records to the flows whose packets are wanted.</summary>
internal sealed class FlowFinding(GatheredObserving observing, ServeLimits limits)
{
    /// <summary>Flows of the records that match, of all workers; each with its beginning and end where those are known
    /// by now.</summary>
    public async Task<FlowCollector> FindAsync(
        string where, long sinceNanos, long untilNanos, CancellationToken cancel)
    {
        var flows = new FlowCollector(limits.PacketFlowsMax);
        var request = new ObserveRequest { Where = where, SinceNanos = sinceNanos, UntilNanos = untilNanos };
        await observing.RunAsync(request, flows, cancel).ConfigureAwait(false);
        if (!flows.HasOpen) return flows;

        // A call knows not when its connection began; the flow's own record does, once it is over.
        flows.OnlyTimes = true;
        var ends = new ObserveRequest { Kinds = { "flow" }, SinceNanos = sinceNanos };
        await observing.RunAsync(ends, flows, cancel).ConfigureAwait(false);
        return flows;
    }

    /// <summary>The same as they come, until it is cancelled.</summary>
    public Task FollowAsync(
        string where, long sinceNanos, Action<IReadOnlyList<FlowKey>> found, CancellationToken cancel)
    {
        var flows = new FlowCollector(limits.PacketFlowsMax) { Found = found };
        var request = new ObserveRequest { Where = where, SinceNanos = sinceNanos, Follow = true };
        return observing.RunAsync(request, flows, cancel);
    }
}
