using NetSniff.Packets;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>Deals frames out to shards so that together they find what one shard would.</summary>
/// <remarks>
/// <para>Which shard: by addresses and ports. Pieces of datagrams are put together here, since only the first of them
/// has ports and only the whole has what a tunnel carries; a shard counts the pieces and gets the datagram.</para>
/// <para>What a shard does depends on the packets of its flows and on the time, which is that of the latest packet of
/// all. So shards are told the time where it matters: when a second begins, for that is when flows are looked at whose
/// time is up, and before a frame that is older than one which another shard got.</para>
/// </remarks>
public sealed class FrameDealer
{
    /// <summary>More would wait for the one that reads.</summary>
    public const int ShardsMax = 64;

    private const int FramesAhead = 12;
    private const long SecondNanos = 1_000_000_000;

    private readonly IpDefragmenter _defragmenter;
    private readonly long[] _heard;
    private Packet _packet;
    private Packet _whole;
    private long _now;
    private long _nextSecond = SecondNanos;

    /// <param name="options">What a single shard would have.</param>
    public FrameDealer(int shards, ShardOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(shards is >= 1 and <= ShardsMax, true);
        _heard = new long[shards];
        _defragmenter = new IpDefragmenter(options.FragmentedDatagramsMax, options.FragmentBytesMax);
    }

    /// <summary>Options of a shard that is dealt to.</summary>
    public static ShardOptions OptionsOf(int shard, ShardOptions options) =>
        options with { ShardNumber = (ushort)shard, GathersPieces = false };

    /// <summary>Puts each frame into one of the shares, of which there are as many as shards.</summary>
    public void Deal(ReadOnlySpan<Frame> frames, FrameShare[] shares)
    {
        for (var index = 0; index < frames.Length; index++)
        {
            if (index + FramesAhead < frames.Length) frames[index + FramesAhead].PrefetchEnds();
            ref readonly var frame = ref frames[index];
            var place = PlaceOf(PacketDecoder.LotOf(in frame, ref _packet, out var isPiece), shares);
            var time = frame.TimeNanos;
            if (time > _now)
            {
                _now = time;
                if (time >= _nextSecond) BeginSecond(place, shares);
                _heard[place] = time;
            }
            else if (_heard[place] < _now)
            {
                shares[place].Tell(_now);
                _heard[place] = _now;
            }

            shares[place].Add(in frame);
            if (isPiece) Gather(shares);
        }
    }

    /// <summary>Tells all of the time, before there is none to be told of for long.</summary>
    public void TellAll(FrameShare[] shares) => TellOthers(place: -1, shares);

    /// <summary>There are no more frames: what never became whole is dealt out as it is.</summary>
    public void Finish(FrameShare[] shares)
    {
        TellAll(shares);
        while (_defragmenter.TryTakeRest(out var datagram)) Deal(in datagram, shares);
    }

    public IEnumerable<LedgerLine> Ledger() => Shard.LedgerOf(_defragmenter.Counters);

    private static int PlaceOf(ulong lot, FrameShare[] shares) => (int)((lot >> 32) * (uint)shares.Length >> 32);

    private void BeginSecond(int place, FrameShare[] shares)
    {
        var second = _now / SecondNanos;
        _nextSecond = second < long.MaxValue / SecondNanos ? (second + 1) * SecondNanos : long.MaxValue;
        TellOthers(place, shares);
        GiveUp(shares);
    }

    private void TellOthers(int place, FrameShare[] shares)
    {
        for (var other = 0; other < shares.Length; other++)
        {
            if (other == place) continue;

            shares[other].Tell(_now);
            _heard[other] = _now;
        }
    }

    private void Gather(FrameShare[] shares)
    {
        if (_defragmenter.Add(in _packet, out var datagram) != DefragResult.Held) Deal(in datagram, shares);
        GiveUp(shares);
    }

    private void GiveUp(FrameShare[] shares)
    {
        while (_defragmenter.TryTakeIncomplete(_now, out var datagram)) Deal(in datagram, shares);
    }

    /// <summary>Where a shard would look for the datagram's flow.</summary>
    private void Deal(in Datagram datagram, FrameShare[] shares)
    {
        datagram.LendTo(ref _whole);
        if (datagram.Fate == DatagramFate.Reassembled) PacketDecoder.DecodeTransport(ref _whole);
        var place = PlaceOf(FlowHash.Lot(in _whole), shares);
        shares[place].Add(in datagram, _now);
        _heard[place] = _now;
    }
}
