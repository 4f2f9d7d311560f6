using System.Buffers.Binary;

namespace NetSniff.Tests.Pcap;

/// <summary>Builds pcapng files block by block, in either byte order, right or wrong.</summary>
internal sealed class PcapngBytes(bool isBig)
{
    private readonly List<byte> _file = [];

    public int Length => _file.Count;

    public byte[] ToArray() => [.. _file];

    public byte[] U16(int value)
    {
        var bytes = new byte[2];
        if (isBig) BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        else BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    public byte[] U32(uint value)
    {
        var bytes = new byte[4];
        if (isBig) BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        if (isBig) BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    public byte[] Option(int code, byte[] value) =>
        [.. U16(code), .. U16(value.Length), .. value, .. new byte[-value.Length & 3]];

    public PcapngBytes Append(PcapngBytes other)
    {
        _file.AddRange(other._file);
        return this;
    }

    public PcapngBytes Raw(string hex)
    {
        _file.AddRange(Hex.Bytes(hex));
        return this;
    }

    public PcapngBytes Block(uint type, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        body = [.. body, .. new byte[-body.Length & 3]];
        var total = U32((uint)body.Length + 12);
        _file.AddRange([.. U32(type), .. total, .. body, .. total]);
        return this;
    }

    public PcapngBytes Section(int major = 1) =>
        Block(0x0A0D0D0A, U32(0x1A2B3C4D), U16(major), U16(0), U64(ulong.MaxValue));

    public PcapngBytes Interface(int linkType, uint snapLength, params byte[][] options) =>
        Block(1, [U16(linkType), U16(0), U32(snapLength), .. options]);

    public PcapngBytes Frame(uint interfaceId, ulong ticks, string hex, uint? wire = null, uint? captured = null) =>
        Block(
            6, U32(interfaceId), U32((uint)(ticks >> 32)), U32((uint)ticks),
            U32(captured ?? (uint)Hex.Bytes(hex).Length), U32(wire ?? (uint)Hex.Bytes(hex).Length), Hex.Bytes(hex));
}
