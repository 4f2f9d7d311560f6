using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>The block format: sections of interfaces, frames, names, secrets and statistics.</summary>
/// <remarks>draft-ietf-opsawg-pcapng. Every section has its own byte order and its own interfaces, which are put in
/// one list here. Blocks of other types are stepped over, however long. This file walks; `PcapngReader.Blocks.cs`
/// reads what is not a frame.</remarks>
public sealed unsafe partial class PcapngReader : FrameReader
{
    /// <summary>Longest block that is read rather than stepped over; libpcap's bound.</summary>
    public const int BlockBytesMax = 16 << 20;

    private const uint SectionHeader = CaptureFormats.PcapngSection;
    private const uint InterfaceDescription = 1;
    private const uint OldPacket = 2;
    private const uint SimplePacket = 3;
    private const uint NameResolution = 4;
    private const uint InterfaceStatisticsBlock = 5;
    private const uint EnhancedPacket = 6;
    private const uint DecryptionSecrets = 10;

    private const uint ByteOrderMagic = 0x1A2B_3C4D;
    private const uint ByteOrderMagicSwapped = 0x4D3C_2B1A;

    private const int HeaderBytes = 8; // type and length
    private const int TrailerBytes = 4; // the length again
    private const int BlockBytesMin = HeaderBytes + TrailerBytes;
    private const int PacketBlockBytesMin = 20 + BlockBytesMin;
    private const int SimplePacketBlockBytesMin = 4 + BlockBytesMin;

    private bool _isSwapped;
    private long _lastNanos;

    // A block being stepped over: bytes still to go before its closing length, and the length it began with.
    private long _skipBytes;
    private uint _skipTotal;

    public override string Format => "pcapng";

    private protected override bool IsInside => _skipTotal != 0;

    private protected override long InsideBytes => _skipTotal == 0 ? 0 : _skipTotal - TrailerBytes - _skipBytes;

    private protected override long InsideNeeded => _skipTotal == 0 ? Needed : _skipTotal;

    private protected override int Walk(byte* start, long length, Span<Frame> frames, ref long consumed)
    {
        // One call of the inner walk stays in one byte order; a new section may bring the other.
        var count = 0;
        bool wasSwapped;
        do
        {
            wasSwapped = _isSwapped;
            count += wasSwapped
                ? WalkBlocks<SwappedOrder>(start, length, frames[count..], ref consumed)
                : WalkBlocks<SameOrder>(start, length, frames[count..], ref consumed);
        }
        while (wasSwapped != _isSwapped);

        return count;
    }

    private int WalkBlocks<TOrder>(byte* start, long length, Span<Frame> frames, ref long consumed)
        where TOrder : struct, IByteOrder
    {
        var count = 0;
        var position = consumed;
        while (count < frames.Length)
        {
            if (_skipTotal != 0 && !TryStepOver<TOrder>(start, length, ref position)) break;

            var left = length - position;
            Needed = BlockBytesMin;
            if (left < BlockBytesMin) break;

            var block = start + position;
            Prefetch(block);
            var type = TOrder.UInt32(block);
            if (type == SectionHeader && !IsOrderOf<TOrder>(block + HeaderBytes, position)) break;

            var total = TOrder.UInt32(block + 4);
            if (!IsLengthSound(total, position)) break;
            if (!IsRead(type, total))
            {
                BeginStep(total, ref position);
                continue;
            }

            Needed = total;
            if (total > BlockBytesMax)
            {
                Fail(PcapProblemKind.BlockTooLong, position, total, BlockBytesMax);
                break;
            }

            if (left < total) break;
            if (!IsTrailerEqual<TOrder>(block, total, position)) break;
            if (IsPacket(type))
            {
                if (!TryReadFrame<TOrder>(type, block, total, position, out frames[count])) break;
                count++;
            }
            else if (!TryReadBlock<TOrder>(type, block, (int)total, position))
            {
                break;
            }

            position += total;
        }

        consumed = position;
        return count;
    }

    private static bool IsPacket(uint type) => type is EnhancedPacket or SimplePacket or OldPacket;

    /// <summary>Names, secrets and statistics are worth having, but never worth giving up the frames behind them.
    /// </summary>
    private static bool IsRead(uint type, uint total) => type switch
    {
        EnhancedPacket or SimplePacket or OldPacket or SectionHeader or InterfaceDescription => true,
        NameResolution or InterfaceStatisticsBlock or DecryptionSecrets => total <= BlockBytesMax,
        _ => false,
    };

    /// <summary>Whether a section is in the order of this walk; otherwise the next walk begins at it in the other.
    /// </summary>
    private bool IsOrderOf<TOrder>(byte* magic, long position) where TOrder : struct, IByteOrder
    {
        var found = TOrder.UInt32(magic);
        if (found == ByteOrderMagic) return true;

        if (found == ByteOrderMagicSwapped)
        {
            _isSwapped = !_isSwapped;
        }
        else
        {
            Fail(PcapProblemKind.UnknownByteOrder, position);
        }

        return false;
    }

    private bool IsLengthSound(uint total, long position)
    {
        if (total < BlockBytesMin)
        {
            Fail(PcapProblemKind.BlockTooShort, position, total, BlockBytesMin);
            return false;
        }

        if (total % 4 == 0) return true;

        Fail(PcapProblemKind.BlockMisaligned, position, total, 4);
        return false;
    }

    private bool IsTrailerEqual<TOrder>(byte* block, uint total, long position) where TOrder : struct, IByteOrder
    {
        var trailer = TOrder.UInt32(block + total - TrailerBytes);
        if (trailer == total) return true;

        Fail(PcapProblemKind.LengthsDiffer, position, trailer, total);
        return false;
    }

    private void BeginStep(uint total, ref long position)
    {
        BlocksSkipped++;
        _skipTotal = total;
        _skipBytes = total - HeaderBytes - TrailerBytes;
        position += HeaderBytes;
    }

    private bool TryStepOver<TOrder>(byte* start, long length, ref long position) where TOrder : struct, IByteOrder
    {
        var step = Math.Min(_skipBytes, length - position);
        position += step;
        _skipBytes -= step;
        Needed = TrailerBytes;
        if (_skipBytes > 0 || length - position < TrailerBytes) return false;

        var total = _skipTotal;
        var trailer = TOrder.UInt32(start + position);
        _skipTotal = 0;
        if (trailer != total)
        {
            Fail(PcapProblemKind.LengthsDiffer, position + TrailerBytes - total, trailer, total);
            return false;
        }

        position += TrailerBytes;
        return true;
    }

    private bool TryReadFrame<TOrder>(uint type, byte* block, uint total, long position, out Frame frame)
        where TOrder : struct, IByteOrder
    {
        frame = default;
        if (type == SimplePacket) return TryReadSimpleFrame<TOrder>(block, total, position, out frame);
        if (total < PacketBlockBytesMin)
        {
            Fail(PcapProblemKind.BlockTooShort, position, total, PacketBlockBytesMin);
            return false;
        }

        // The old packet block has a 16-bit interface and a drop count where the new one has 32 bits of interface.
        var interfaceId = type == EnhancedPacket ? TOrder.UInt32(block + 8) : TOrder.UInt16(block + 8);
        var captured = TOrder.UInt32(block + 20);
        var wire = TOrder.UInt32(block + 24);
        if (captured > total - PacketBlockBytesMin || captured > FrameBytesMax)
        {
            FailLength(captured, total, PacketBlockBytesMin, position);
            return false;
        }

        if (interfaceId >= (uint)_sectionCount)
        {
            Fail(PcapProblemKind.UnknownInterface, position, interfaceId, _sectionCount);
            return false;
        }

        ref readonly var source = ref _section[interfaceId];
        _lastNanos = source.Scale.ToNanos(TOrder.UInt32(block + 12), TOrder.UInt32(block + 16));
        var wireLength = (int)Math.Min(Math.Max(wire, captured), int.MaxValue);
        frame = new Frame(
            (nint)(block + 28), (int)captured, wireLength, _lastNanos, source.LinkType, source.Index);
        return true;
    }

    private bool TryReadSimpleFrame<TOrder>(byte* block, uint total, long position, out Frame frame)
        where TOrder : struct, IByteOrder
    {
        frame = default;
        if (total < SimplePacketBlockBytesMin)
        {
            Fail(PcapProblemKind.BlockTooShort, position, total, SimplePacketBlockBytesMin);
            return false;
        }

        if (_sectionCount == 0)
        {
            Fail(PcapProblemKind.UnknownInterface, position);
            return false;
        }

        // It says no captured length (section 4.4): the frame, cut at the snap length of interface 0. Nor has it a
        // time, so it takes that of the frame before it.
        ref readonly var source = ref _section[0];
        var wire = TOrder.UInt32(block + 8);
        var captured = Math.Min(wire, (uint)source.SnapLengthMax);
        if (captured > total - SimplePacketBlockBytesMin || captured > FrameBytesMax)
        {
            FailLength(captured, total, SimplePacketBlockBytesMin, position);
            return false;
        }

        var wireLength = (int)Math.Min(wire, int.MaxValue);
        frame = new Frame((nint)(block + 12), (int)captured, wireLength, _lastNanos, source.LinkType, source.Index);
        return true;
    }

    private void FailLength(uint captured, uint total, int fixedBytes, long position)
    {
        if (captured > FrameBytesMax)
        {
            Fail(PcapProblemKind.FrameTooLong, position, captured, FrameBytesMax);
            return;
        }

        Fail(PcapProblemKind.BlockTooShort, position, total, (long)captured + fixedBytes);
    }
}
