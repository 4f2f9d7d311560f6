using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <content>One of several that share a capture: what it hears of packets that others got.</content>
public sealed unsafe partial class Shard
{
    private int _ending = -1;

    /// <summary>Does of a packet of another shard what does not depend on whose it is, so that flows end when and as
    /// they would if there were one shard.</summary>
    /// <param name="nowNanos">Time of the latest packet of all.</param>
    public void Overhear(long nowNanos)
    {
        if (nowNanos <= _now) return;

        _now = nowNanos;
        if (_wheel.IsDue(_now)) Expire();
    }

    /// <summary>Takes a datagram of which somebody else gathered the pieces
    /// (<see cref="ShardOptions.GathersPieces"/>).</summary>
    public void Take(in Datagram datagram)
    {
        Packet packet = default;
        Credit(in datagram, ref packet);
    }

    /// <summary>A part of <see cref="Finish"/>: so many flows are ended.</summary>
    /// <returns>Whether that was all; what was emitted has then been handed to the consumer.</returns>
    public bool TryFinish(int flowsMax)
    {
        FinishFragments();
        for (var left = flowsMax; left > 0; left--)
        {
            if (_ending < 0 && !_wheel.TryTakeAny(out _ending))
            {
                Records.Flush();
                return true;
            }

            var number = _ending;
            _ending = _flows.At(number)->WheelNext;
            _flows.PrefetchFlow(_ending);
            EndFlow(number, EndReason(_flows.At(number), FlowEnd.CaptureEnded));
        }

        return false;
    }
}
