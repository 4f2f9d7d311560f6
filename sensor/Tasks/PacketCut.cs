using NetSniff.Filters.Expression;
using NetSniff.Json;
using NetSniff.Packets;
using NetSniff.Sensor.Keeping;
using NetSniff.Storage.PacketRing;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Tasks;

/// <summary>Cuts packets out of the rings of a sensor, and goes on as they grow where that is asked for.</summary>
internal sealed class PacketCut(PacketKeeping keeping, CutPackets asked, ITaskPort port, TimeProvider clock)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Frames may wait so long in the kernel before they come to the ring.</summary>
    private const long LagNanos = 300_000_000;

    /// <summary>Packets between two looks at the clock.</summary>
    private const int LookedEvery = 1024;

    private static readonly TimeSpan s_tellEvery = TimeSpan.FromSeconds(1);

    private readonly PacketPacker _packer = new();
    private readonly WantedFlows _flows = new();
    private readonly WantedFlows _except = new();
    private PacketFilter? _where;
    private CutFilter? _bpf;
    private Packet _packet;
    private ulong _packets;
    private ulong _bytes;
    private bool _lostPlace;
    private uint _looked;
    private long _toldAt = clock.GetTimestamp();

    private bool IsFull => (asked.PacketsMax > 0 && _packets >= asked.PacketsMax)
        || (asked.BytesMax > 0 && _bytes >= asked.BytesMax);

    public async Task<TaskEnded> RunAsync(CancellationToken cancel)
    {
        if (Refuse() is { } why) return SensorTasks.Failed(why);

        var changing = keeping.Changing;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, changing);
        try
        {
            await port.BeganAsync(keeping.State()).ConfigureAwait(false);
            return await CutAsync(ending.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (
            changing.IsCancellationRequested && end is OperationCanceledException or ObjectDisposedException)
        {
            return SensorTasks.Failed("another configuration says what may be kept");
        }
        catch (ObjectDisposedException)
        {
            return SensorTasks.Failed(keeping.Problem ?? "its ring was closed");
        }
    }

    private string? Refuse()
    {
        if (keeping.Rings.Count == 0)
        {
            return keeping.Plan switch
            {
                { BytesMax: 0 } => "it keeps no packets (--packets, storage.packetBuffer)",
                { Depth: KeptDepth.Nothing } => "it keeps no packets: payload.level is None",
                _ => keeping.Problem ?? "its ring is not open yet",
            };
        }

        _flows.Add(asked.Flows);
        _except.Add(asked.Except);
        if (asked.BpfFilter.Length > 0 && (_bpf = CutFilter.Of(asked.BpfFilter, out var wrong)) is null) return wrong;
        if (asked.Where.Length == 0) return null;

        var parsed = FilterExpression.Parse(asked.Where);
        if (!parsed.IsOk) return parsed.Problem.Text;

        _where = PacketFilter.Of(parsed.Filter);
        return _where is null ? "the filter asks what packets cannot tell" : null;
    }

    private async Task<TaskEnded> CutAsync(CancellationToken cancel)
    {
        var rings = keeping.Rings;
        var now = NowNanos();
        var query = Query() with { FromNanos = FromNanos(now) };
        // Who begins now begins behind all that is there.
        var places = await PassAsync(rings, [.. rings.Select(_ => query)], cancel).ConfigureAwait(false);
        while (asked.Follow && !IsFull)
        {
            await port.SendAsync(_packer.Take(NowNanos() - LagNanos), cancel).ConfigureAwait(false);
            await Task.Delay(s_lookEvery, clock, cancel).ConfigureAwait(false);
            if (port.TakeFlows() is { Count: > 0 } more)
            {
                await CatchUpAsync(rings, places, more, cancel).ConfigureAwait(false);
            }

            places = await PassAsync(
                rings, [.. places.Select(place => Query() with { After = place })], cancel).ConfigureAwait(false);
        }

        if (_packer.Count > 0) await port.SendAsync(_packer.Take(long.MaxValue), cancel).ConfigureAwait(false);
        return new TaskEnded
        {
            Outcome = IsFull ? TaskOutcome.Cut : TaskOutcome.Done,
            Reason = IsFull ? "as much as was asked for" : "",
            LostPlace = _lostPlace,
        };
    }

    /// <summary>The past of flows that were asked for later, up to where the others are.</summary>
    private async Task CatchUpAsync(
        IReadOnlyList<PacketRing> rings, IReadOnlyList<RingPosition> places, IReadOnlyList<FlowKey> more,
        CancellationToken cancel)
    {
        var fresh = _flows.Add(more);
        if (fresh.Count == 0) return;

        await PassAsync(
            rings, [.. places.Select(place => Query() with { Flows = fresh, Before = place })], cancel)
            .ConfigureAwait(false);
    }

    private long FromNanos(long now) => asked.SinceNanos != 0 ? asked.SinceNanos
        : asked.Follow && !asked.ByFlows ? now : long.MinValue;

    private RingQuery Query() => new()
    {
        ToNanos = asked.UntilNanos == 0 ? long.MaxValue : asked.UntilNanos,
        // No flow at all must not become every flow: 0 belongs to none.
        Flows = asked.ByFlows ? _flows.Count == 0 ? new HashSet<ulong> { WantedFlows.NoFlow } : _flows.Hashes : s_all,
    };

    private static readonly HashSet<ulong> s_all = [];

    /// <summary>Sends what each ring's query finds, merged by time.</summary>
    /// <returns>Where each ring was read to.</returns>
    private async Task<IReadOnlyList<RingPosition>> PassAsync(
        IReadOnlyList<PacketRing> rings, IReadOnlyList<RingQuery> queries, CancellationToken cancel)
    {
        List<RingCursor> cursors = [];
        for (var index = 0; index < rings.Count; index++) cursors.Add(rings[index].Find(queries[index]));
        using var merge = new RingMerge(cursors);
        while (!IsFull && merge.MoveNext())
        {
            if (IsWanted(merge.Current, merge.FlowHash)) Put(merge);
            if (!_packer.IsFull && !IsTimeToTell(cancel)) continue;

            cancel.ThrowIfCancellationRequested();
            _toldAt = clock.GetTimestamp();
            var complete = merge.Current.TimeNanos - 1;
            await port.SendAsync(_packer.Take(asked.Follow ? 0 : complete), cancel).ConfigureAwait(false);
        }

        cancel.ThrowIfCancellationRequested();
        _lostPlace |= merge.LostPlace;
        return merge.Positions;
    }

    /// <summary>A large ring that holds little of what is wanted takes long: the worker hears how far it is, and
    /// whoever wants no more of it does not wait for its end.</summary>
    private bool IsTimeToTell(CancellationToken cancel)
    {
        if (++_looked % LookedEvery != 0) return false;

        cancel.ThrowIfCancellationRequested();
        return clock.GetElapsedTime(_toldAt) >= s_tellEvery;
    }

    private bool IsWanted(in Frame frame, ulong flow)
    {
        if (_except.Wants(flow, frame.TimeNanos)) return false;
        if (asked.ByFlows && !_flows.Wants(flow, frame.TimeNanos)) return false;
        if (_bpf?.Accepts(in frame) == false) return false;
        if (_where is null || _where.IsAlways) return true;

        PacketDecoder.Decode(in frame, ref _packet);
        return _where.Matches(in _packet);
    }

    private void Put(RingMerge merge)
    {
        _packer.Add(merge.Current, merge.Interface);
        _packets++;
        _bytes += (ulong)merge.Current.CapturedLength;
    }

    private long NowNanos() => Timestamps.Nanos(clock.GetUtcNow());
}
