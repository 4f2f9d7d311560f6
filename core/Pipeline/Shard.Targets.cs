using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;

namespace NetSniff.Pipeline;

/// <content>Whose traffic is looked at, and whose is counted and no more.</content>
/// <remarks>Decided when a flow begins. What is not wanted has no flow: each packet of it is asked about again, which
/// costs less than a place in the table. A flow that is there bears the epoch of the targets that wanted it, so that
/// another set is noticed with its next packet and nothing has to be walked.</remarks>
public sealed unsafe partial class Shard
{
    private FlowTargets? _targets;
    private byte _epoch;

    /// <summary>May be set between two calls of <see cref="Run"/>, by the shard's own thread; null for everybody. A
    /// flow that is wanted no more ends with its next packet, and its record says what came while it was.</summary>
    public FlowTargets? Targets
    {
        get => _targets;
        set
        {
            if (ReferenceEquals(value, _targets)) return;

            _targets = value;
            if (_epoch == byte.MaxValue)
            {
                _flows.ForgetEpochs();
                _epoch = 0;
            }

            _epoch++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsWanted(in Packet packet) => _targets is null || _targets.Wants(packet.Source, packet.Target);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool StaysWanted(Flow* flow, in Packet packet, ref int direction)
    {
        if (_targets is null || _targets.Wants(flow->Client, flow->Server))
        {
            flow->Epoch = _epoch;
            if (flow->Mode != FlowMode.LeftOut) return true;

            // Wanted again: what was seen of it before says nothing of where it is now.
            Counters.FlowsEnded++;
            direction = Restart(flow, in packet);
            return true;
        }

        if (flow->Mode == FlowMode.LeftOut) return false;

        Counters.FlowsUntargeted++;
        Tell(flow, EndReason(flow, FlowEnd.CaptureEnded));
        StartCounts(flow);
        flow->Mode = FlowMode.LeftOut;
        return false;
    }

    private Flow* LeaveOut(int packets)
    {
        Counters.PacketsUntargeted += packets;
        _frameApp = Apps.Untargeted;
        return null;
    }
}
