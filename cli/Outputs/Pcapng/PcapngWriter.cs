using System.Buffers.Binary;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Cli.Outputs.Pcapng;

/// <summary>Writes frames as a pcapng file of one section: draft-ietf-opsawg-pcapng.</summary>
/// <remarks>Little-endian, nanoseconds. An interface block is written before the first frame that needs it.</remarks>
internal sealed class PcapngWriter
{
    private const uint SectionBlock = 0x0A0D0D0A;
    private const uint InterfaceBlock = 1;
    private const uint PacketBlock = 6;
    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const ushort OptionEnd = 0;
    private const ushort OptionApplication = 4; // shb_userappl
    private const ushort OptionInterfaceName = 2; // if_name
    private const ushort OptionResolution = 9; // if_tsresol
    private const byte Nanoseconds = 9; // ten to the minus nine
    private const int VlanOffset = 12;
    private const int VlanSize = 4;
    private const ushort VlanType = 0x8100;
    private const int PacketFields = 20;
    private const int BlockFrame = 12; // type and both lengths

    private readonly OutputBuffer _buffer;
    private readonly Func<ushort, string?> _interfaceName;
    private readonly Dictionary<(ushort Interface, LinkType Link), uint> _interfaces = [];

    public PcapngWriter(OutputBuffer buffer, Func<ushort, string?> interfaceName)
    {
        _buffer = buffer;
        _interfaceName = interfaceName;
        WriteSection();
    }

    public long Written { get; private set; }

    /// <summary>Writes a frame; a VLAN tag that the kernel took off is put back.</summary>
    public void Write(in Frame frame, ReadOnlySpan<byte> bytes)
    {
        if (!_interfaces.TryGetValue((frame.Interface, frame.LinkType), out var number))
        {
            number = (uint)_interfaces.Count;
            _interfaces.Add((frame.Interface, frame.LinkType), number);
            WriteInterface(frame.LinkType, _interfaceName(frame.Interface));
        }

        var hasTag = frame.StrippedVlan != 0 && frame.LinkType == LinkType.Ethernet && bytes.Length >= VlanOffset;
        var tag = hasTag ? VlanSize : 0;
        var captured = bytes.Length + tag;
        var padding = -captured & 3;
        var block = BlockFrame + PacketFields + captured + padding;
        var text = _buffer.GetSpan(block)[..block];
        OpenBlock(text, PacketBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(text[8..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(text[12..], (uint)((ulong)frame.TimeNanos >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(text[16..], (uint)frame.TimeNanos);
        BinaryPrimitives.WriteInt32LittleEndian(text[20..], captured);
        BinaryPrimitives.WriteInt32LittleEndian(text[24..], frame.WireLength + tag);
        var body = text[28..];
        if (hasTag)
        {
            bytes[..VlanOffset].CopyTo(body);
            BinaryPrimitives.WriteUInt16BigEndian(body[VlanOffset..], VlanType);
            BinaryPrimitives.WriteUInt16BigEndian(body[(VlanOffset + 2)..], frame.StrippedVlan);
            bytes[VlanOffset..].CopyTo(body[(VlanOffset + VlanSize)..]);
        }
        else
        {
            bytes.CopyTo(body);
        }

        body.Slice(captured, padding).Clear();
        _buffer.Advance(block);
        Written++;
        if (_buffer.Pending.Length >= OutputBuffer.PieceBytes) _buffer.Flush();
    }

    public void Flush() => _buffer.Flush();

    private void WriteSection()
    {
        var application = "netsniff"u8;
        var block = BlockFrame + 16 + OptionSize(application.Length) + OptionSize(0);
        var text = _buffer.GetSpan(block)[..block];
        OpenBlock(text, SectionBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(text[8..], ByteOrderMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(text[12..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(text[14..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(text[16..], -1); // the length of the section is not told
        var rest = WriteOption(text[24..], OptionApplication, application);
        WriteOption(rest, OptionEnd, []);
        _buffer.Advance(block);
    }

    private void WriteInterface(LinkType link, string? name)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name ?? "");
        ReadOnlySpan<byte> resolution = [Nanoseconds];
        var nameSize = nameBytes.Length == 0 ? 0 : OptionSize(nameBytes.Length);
        var block = BlockFrame + 8 + nameSize + OptionSize(1) + OptionSize(0);
        var text = _buffer.GetSpan(block)[..block];
        OpenBlock(text, InterfaceBlock);
        BinaryPrimitives.WriteUInt16LittleEndian(text[8..], (ushort)link);
        BinaryPrimitives.WriteUInt16LittleEndian(text[10..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(text[12..], 0); // no snap length
        var rest = text[16..];
        if (nameSize > 0) rest = WriteOption(rest, OptionInterfaceName, nameBytes);
        rest = WriteOption(rest, OptionResolution, resolution);
        WriteOption(rest, OptionEnd, []);
        _buffer.Advance(block);
    }

    private static int OptionSize(int length) => 4 + (length + 3 & ~3);

    private static Span<byte> WriteOption(Span<byte> text, ushort code, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(text, code);
        BinaryPrimitives.WriteUInt16LittleEndian(text[2..], (ushort)value.Length);
        value.CopyTo(text[4..]);
        var size = OptionSize(value.Length);
        text[(4 + value.Length)..size].Clear();
        return text[size..];
    }

    private static void OpenBlock(Span<byte> block, uint type)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], block.Length);
    }
}
