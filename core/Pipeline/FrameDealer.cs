using NetSniff.Packets;

namespace NetSniff.Pipeline;

/// <summary>Deals frames out to shards so that together they find what one shard would.</summary>
/// <remarks>
/// <para>Which shard: by the addresses of the innermost IP header and nothing else. Ports stay out, so that the pieces
/// of a datagram, of which only the first has any, stay with their flow.</para>
/// <para>What a shard does depends on the packets of its flows and on the time, which is that of the latest packet of
/// all. So shards are told of time where it matters: when a second begins, for that is when flows are looked at whose
/// time is up; before a frame that is older than one which another shard got; and at each piece of a datagram, for
/// that is when datagrams are given up that never got whole.</para>
/// </remarks>
public sealed class FrameDealer
{
    /// <summary>More would wait for the one that reads.</summary>
    public const int ShardsMax = 64;

    private const long SecondNanos = 1_000_000_000;
    private const ulong Spread = 0x9e37_79b9_7f4a_7c15; // the upper bits depend on all of the lower ones

    private readonly long[] _heard;
    private Packet _packet;
    private long _now;
    private long _nextSecond = SecondNanos;

    public FrameDealer(int shards)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(shards is >= 1 and <= ShardsMax, true);
        _heard = new long[shards];
    }

    /// <summary>Time of the latest frame so far.</summary>
    public long NowNanos => _now;

    /// <summary>Puts each frame into one of the shares, of which there are as many as shards.</summary>
    public void Deal(ReadOnlySpan<Frame> frames, FrameShare[] shares)
    {
        foreach (ref readonly var frame in frames)
        {
            var ends = PacketDecoder.EndsOf(in frame, ref _packet, out var isPiece);
            var place = (int)((ends * Spread >> 32) * (ulong)shares.Length >> 32);
            var time = frame.TimeNanos;
            if (time > _now)
            {
                _now = time;
                if (time >= _nextSecond)
                {
                    _nextSecond = (time / SecondNanos + 1) * SecondNanos;
                    TellOthers(place, shares, isPiece: false);
                }

                _heard[place] = time;
            }
            else if (_heard[place] < _now)
            {
                shares[place].Tell(_now, isPiece: false);
                _heard[place] = _now;
            }

            shares[place].Add(in frame);
            if (isPiece) TellOthers(place, shares, isPiece: true);
        }
    }

    /// <summary>Tells all of the time, before the end.</summary>
    public void TellAll(FrameShare[] shares) => TellOthers(place: -1, shares, isPiece: false);

    private void TellOthers(int place, FrameShare[] shares, bool isPiece)
    {
        for (var other = 0; other < shares.Length; other++)
        {
            if (other == place) continue;

            shares[other].Tell(_now, isPiece);
            _heard[other] = _now;
        }
    }
}
