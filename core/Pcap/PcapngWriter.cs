using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>Writes one section of pcapng, little-endian, with times in nanoseconds.</summary>
/// <remarks>draft-ietf-opsawg-pcapng. <see cref="Frame.Interface"/> must be a place <see cref="AddInterface"/> gave.
/// </remarks>
public sealed class PcapngWriter
{
    /// <summary>Longest text an option holds.</summary>
    public const int TextBytesMax = ushort.MaxValue;

    private const int FrameBlockBytes = 32; // without frame and options
    private const int OptionHeaderBytes = 4;
    private const ushort EndOfOptions = 0;
    private const ushort Comment = 1;
    private const byte Nanoseconds = 9;

    private readonly IBufferWriter<byte> _output;
    private readonly ArrayBufferWriter<byte> _block = new();

    /// <summary>Writes the section header.</summary>
    public PcapngWriter(IBufferWriter<byte> output, string application = "", string comment = "")
    {
        _output = output;
        PutUInt32(0x1A2B_3C4D);
        PutUInt32(1); // version 1.0
        PutUInt64(ulong.MaxValue); // the section's length is not known
        if (comment.Length > 0) PutText(Comment, comment);
        if (application.Length > 0) PutText(4, application);
        EndBlock(CaptureFormats.PcapngSection);
    }

    public int Interfaces { get; private set; }

    /// <returns>The place of the interface: <see cref="Frame.Interface"/> of its frames.</returns>
    public int AddInterface(CaptureInterface described, string description = "", string filter = "")
    {
        PutUInt32((ushort)described.LinkType);
        PutUInt32((uint)described.SnapLengthMax);
        if (described.Name.Length > 0) PutText(2, described.Name);
        if (description.Length > 0) PutText(3, description);
        PutOption(9, [Nanoseconds]);
        if (filter.Length > 0) PutOption(11, [0, .. Encoding.UTF8.GetBytes(filter)]); // 0: a text follows
        EndBlock(1);
        return Interfaces++;
    }

    /// <param name="comment">UTF-8; shown beside the frame.</param>
    public void Write(in Frame frame, ReadOnlySpan<byte> comment = default)
    {
        Debug.Assert(frame.Interface < Interfaces);
        var added = WholeFrame.Added(in frame);
        var length = frame.CapturedLength + added;
        if (comment.Length > TextBytesMax) comment = comment[..TextBytesMax];
        var optionBytes = comment.IsEmpty ? 0 : OptionHeaderBytes + Padded(comment.Length) + OptionHeaderBytes;
        var total = FrameBlockBytes + Padded(length) + optionBytes;

        var block = _output.GetSpan(total)[..total];
        BinaryPrimitives.WriteUInt32LittleEndian(block, 6);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], total);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], frame.Interface);
        var time = (ulong)Math.Max(frame.TimeNanos, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], (uint)(time >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(block[16..], (uint)time);
        BinaryPrimitives.WriteInt32LittleEndian(block[20..], length);
        BinaryPrimitives.WriteInt32LittleEndian(block[24..], frame.WireLength + added);
        WholeFrame.CopyTo(in frame, block[28..]);
        var rest = block[(28 + length)..];
        rest.Clear(); // padding and end of options
        if (!comment.IsEmpty)
        {
            var option = rest[(Padded(length) - length)..];
            BinaryPrimitives.WriteUInt16LittleEndian(option, Comment);
            BinaryPrimitives.WriteUInt16LittleEndian(option[2..], (ushort)comment.Length);
            comment.CopyTo(option[OptionHeaderBytes..]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(block[(total - 4)..], total);
        _output.Advance(total);
    }

    /// <summary>Names of addresses, for those who read the file where nobody can be asked.</summary>
    public void WriteNames(IEnumerable<KeyValuePair<Address, string>> names)
    {
        Span<byte> record = stackalloc byte[Address.Size + PcapngReader.NameBytesMax + 1];
        foreach (var (address, name) in names)
        {
            record.Clear();
            var size = address.CopyTo(record);
            Encoding.UTF8.TryGetBytes(name, record.Slice(size, PcapngReader.NameBytesMax), out var nameLength);
            if (nameLength > 0) PutOption((ushort)(size == 4 ? 1 : 2), record[..(size + nameLength + 1)]);
        }

        PutUInt32(EndOfOptions);
        EndBlock(4);
    }

    /// <summary>What was counted at an interface until now, and what there is to say about it.</summary>
    public void WriteStatistics(
        int interfaceIndex, long timeNanos, InterfaceStatistics statistics, string comment = "")
    {
        var time = (ulong)Math.Max(timeNanos, 0);
        PutUInt32((uint)interfaceIndex);
        PutUInt32((uint)(time >> 32));
        PutUInt32((uint)time);
        if (comment.Length > 0) PutText(Comment, comment);
        PutCount(4, statistics.Received);
        PutCount(5, statistics.Dropped);
        PutCount(6, statistics.FilterAccepted);
        PutCount(7, statistics.DroppedBySystem);
        PutCount(8, statistics.Delivered);
        EndBlock(5);
    }

    private static int Padded(int length) => (length + 3) & ~3;

    private void PutUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block.GetSpan(4), value);
        _block.Advance(4);
    }

    private void PutUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_block.GetSpan(8), value);
        _block.Advance(8);
    }

    private void PutCount(ushort code, long? count)
    {
        if (count is not { } known) return;

        PutUInt32(code | (8u << 16));
        PutUInt64((ulong)known);
    }

    private void PutText(ushort code, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        PutOption(code, bytes.AsSpan(0, Math.Min(bytes.Length, TextBytesMax)));
    }

    private void PutOption(ushort code, ReadOnlySpan<byte> value)
    {
        PutUInt32(code | ((uint)value.Length << 16));
        var padded = Padded(value.Length);
        var target = _block.GetSpan(padded)[..padded];
        target.Clear();
        value.CopyTo(target);
        _block.Advance(padded);
    }

    private void EndBlock(uint type)
    {
        var total = _block.WrittenCount + 12;
        var block = _output.GetSpan(total);
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], total);
        _block.WrittenSpan.CopyTo(block[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(block[(total - 4)..], total);
        _output.Advance(total);
        _block.ResetWrittenCount();
    }
}
