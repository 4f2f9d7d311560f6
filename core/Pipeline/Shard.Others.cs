using NetSniff.Flows;

namespace NetSniff.Pipeline;

/// <content>One of several that share a capture: what it hears of packets that others got.</content>
public sealed unsafe partial class Shard
{
    private int _ending = -1;

    /// <summary>Does of a packet of another shard what does not depend on whose it is, so that flows end when and as
    /// they would if there were one shard.</summary>
    /// <param name="nowNanos">Time of the latest packet of all.</param>
    /// <param name="isPiece">Whether it was a piece of a datagram.</param>
    public void Overhear(long nowNanos, bool isPiece)
    {
        if (nowNanos > _now)
        {
            _now = nowNanos;
            if (_wheel.IsDue(_now)) Expire();
        }

        if (isPiece) ExpireFragments();
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
