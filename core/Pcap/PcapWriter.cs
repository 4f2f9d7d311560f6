using System.Buffers;
using System.Buffers.Binary;
using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>Writes the classic format, little-endian, one link type per file.</summary>
public sealed class PcapWriter
{
    private const int FileHeaderBytes = 24;
    private const int RecordHeaderBytes = 16;

    private readonly IBufferWriter<byte> _output;
    private readonly bool _isNano;

    /// <summary>Writes the file header.</summary>
    /// <param name="isNano">Nanoseconds, which every reader of the last ten years knows; else microseconds.</param>
    public PcapWriter(
        IBufferWriter<byte> output, LinkType linkType, int snapLengthMax = FrameReader.FrameBytesMax,
        bool isNano = true)
    {
        _output = output;
        _isNano = isNano;
        var header = output.GetSpan(FileHeaderBytes)[..FileHeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(
            header, isNano ? CaptureFormats.PcapNano : CaptureFormats.PcapMicro);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], snapLengthMax);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (uint)linkType);
        output.Advance(FileHeaderBytes);
    }

    public void Write(in Frame frame)
    {
        var added = WholeFrame.Added(in frame);
        var length = frame.CapturedLength + added;
        var record = _output.GetSpan(RecordHeaderBytes + length);
        var (seconds, nanos) = Math.DivRem(Math.Max(frame.TimeNanos, 0), 1_000_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)Math.Min(seconds, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)(_isNano ? nanos : nanos / 1_000));
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], length);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], frame.WireLength + added);
        WholeFrame.CopyTo(in frame, record[RecordHeaderBytes..]);
        _output.Advance(RecordHeaderBytes + length);
    }
}
