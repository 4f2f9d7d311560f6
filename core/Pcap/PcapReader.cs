using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>The classic format: a file header of 24 bytes, then records of header and frame.</summary>
/// <remarks>draft-ietf-opsawg-pcap; both byte orders, micro- and nanoseconds, and the longer record header of the
/// "modified" magic.</remarks>
public sealed unsafe class PcapReader : FrameReader
{
    private const int FileHeaderBytes = 24;
    private const int RecordHeaderBytes = 16;

    /// <summary>Interface index, protocol, packet type and a pad byte follow.</summary>
    private const int ModifiedRecordHeaderBytes = 24;

    private const ulong NanosPerSecond = 1_000_000_000;

    private readonly List<CaptureInterface> _interfaces = [];
    private int _recordHeaderBytes = RecordHeaderBytes;
    private long _nanosPerTick;
    private LinkType _linkType;
    private bool _isOpen;
    private bool _isSwapped;
    private bool _mayLengthsBeSwapped;

    public override string Format => "pcap";

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    private protected override bool IsInside => !_isOpen;

    private protected override int Walk(byte* start, long length, Span<Frame> frames, ref long consumed)
    {
        if (!_isOpen)
        {
            Needed = FileHeaderBytes;
            if (length < FileHeaderBytes) return 0;

            _isSwapped = !CaptureFormats.IsPcap(SameOrder.UInt32(start));
            if (!(_isSwapped ? ReadFileHeader<SwappedOrder>(start) : ReadFileHeader<SameOrder>(start))) return 0;
            _isOpen = true;
            consumed = FileHeaderBytes;
        }

        return _isSwapped
            ? WalkRecords<SwappedOrder>(start, length, frames, ref consumed)
            : WalkRecords<SameOrder>(start, length, frames, ref consumed);
    }

    private bool ReadFileHeader<TOrder>(byte* header) where TOrder : struct, IByteOrder
    {
        var magic = TOrder.UInt32(header);
        var major = TOrder.UInt16(header + 4);
        var minor = TOrder.UInt16(header + 6);
        var snapLength = TOrder.UInt32(header + 16);

        // The upper half tells of frame check sequences (draft section 4); a frame keeps them behind its payload,
        // where the IP length already leaves them out.
        _linkType = (LinkType)(ushort)TOrder.UInt32(header + 20);
        _nanosPerTick = magic == CaptureFormats.PcapNano ? 1 : 1_000;
        if (magic == CaptureFormats.PcapModified) _recordHeaderBytes = ModifiedRecordHeaderBytes;

        // Before 2.3 the two lengths of a record were the other way round, in 2.3 it depends on who wrote it, and
        // 543.0 is how DG/UX wrote 2.2. What is captured is never the longer.
        _mayLengthsBeSwapped = major == 543 || major < 2 || (major == 2 && minor <= 3);
        if (major > 2 && major != 543)
        {
            Fail(PcapProblemKind.UnknownVersion, 4, major, 2);
            return false;
        }

        var snapLengthMax = snapLength is 0 or > FrameBytesMax ? FrameBytesMax : (int)snapLength;
        _interfaces.Add(new CaptureInterface("", _linkType, snapLengthMax));
        return true;
    }

    private int WalkRecords<TOrder>(byte* start, long length, Span<Frame> frames, ref long consumed)
        where TOrder : struct, IByteOrder
    {
        var (headerBytes, nanosPerTick, linkType) = ((uint)_recordHeaderBytes, (uint)_nanosPerTick, _linkType);
        var record = start + consumed;
        var end = start + length;
        var needed = (long)headerBytes;
        var count = 0;
        for (; count < frames.Length; count++)
        {
            needed = headerBytes;
            var left = end - record;
            if (left < needed) break;

            Prefetch(record);
            var lengths = TOrder.UInt32Pair(record + 8);
            if ((uint)lengths > lengths >> 32 || (long)lengths < 0) lengths = Mended(lengths);
            var captured = (uint)lengths;
            if (captured > FrameBytesMax)
            {
                Fail(PcapProblemKind.FrameTooLong, record - start, captured, FrameBytesMax);
                break;
            }

            needed = headerBytes + captured;
            if (left < needed) break;

            // Neither product nor sum can be too much for a long.
            var (seconds, ticks) = ((ulong)TOrder.UInt32(record), (ulong)TOrder.UInt32(record + 4));
            var timeNanos = (long)(seconds * NanosPerSecond + ticks * nanosPerTick);
            Frame.Put(ref frames[count], record + headerBytes, lengths, timeNanos, linkType);
            record += needed;
        }

        Needed = needed;
        consumed = record - start;
        return count;
    }

    /// <summary>Lengths that are not captured, then not less on the wire. Before 2.4 they may be the other way round.
    /// </summary>
    private ulong Mended(ulong lengths)
    {
        var (captured, wire) = ((uint)lengths, (uint)(lengths >> 32));
        if (captured > wire && _mayLengthsBeSwapped) (captured, wire) = (wire, captured);
        return captured | (ulong)Math.Min(Math.Max(wire, captured), int.MaxValue) << 32;
    }
}
