using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>Reads the packets of one task's chunks. One thread.</summary>
/// <remarks>Bytes come from another machine: whatever they are, the answer is a frame or an end, and nothing is read
/// outside them.</remarks>
public sealed class PacketUnpacker
{
    private const int FrameBytesMax = 256 << 10;
    private const int SnapLengthMax = 1 << 24;

    private readonly List<CaptureInterface> _interfaces = [];
    private ReadOnlyMemory<byte> _left;
    private int _place;

    /// <summary>The chunk contradicted itself, and what it held behind that is lost.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Times of packets that are still to come are later.</summary>
    public long CompleteNanos { get; private set; } = long.MinValue;

    public bool HasPacket { get; private set; }

    public long TimeNanos { get; private set; }

    /// <summary>Bytes as they were captured.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public CaptureInterface Interface =>
        _place < _interfaces.Count ? _interfaces[_place] : new CaptureInterface("", LinkType.Ethernet, 0);

    public int WireLength { get; private set; }

    public (ushort Tag, ushort Type) StrippedVlan { get; private set; }

    /// <summary>Another chunk; the one before must have been read to its end.</summary>
    public void Add(PacketChunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        foreach (var one in chunk.Interfaces)
        {
            if (_interfaces.Count > ushort.MaxValue) break;
            var snapLength = (int)Math.Min(one.SnapLength, SnapLengthMax);
            _interfaces.Add(new CaptureInterface(one.Name, (LinkType)one.LinkType, snapLength));
        }

        CompleteNanos = Math.Max(CompleteNanos, chunk.CompleteNanos);
        _left = chunk.Packets.Memory;
        Advance();
    }

    /// <summary>To the next packet of the chunk; <see cref="HasPacket"/> says whether there is one.</summary>
    public void Advance()
    {
        HasPacket = false;
        if (_left.Length < PacketPacker.HeadSize)
        {
            IsDamaged |= _left.Length > 0;
            return;
        }

        var head = _left.Span[..PacketPacker.HeadSize];
        var captured = BinaryPrimitives.ReadInt32LittleEndian(head[12..]);
        var wire = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        if (captured < 0 || captured > FrameBytesMax || captured > _left.Length - PacketPacker.HeadSize)
        {
            IsDamaged = true;
            _left = default;
            return;
        }

        TimeNanos = BinaryPrimitives.ReadInt64LittleEndian(head);
        WireLength = Math.Max(wire, captured);
        _place = BinaryPrimitives.ReadUInt16LittleEndian(head[16..]);
        StrippedVlan = (BinaryPrimitives.ReadUInt16LittleEndian(head[18..]),
            BinaryPrimitives.ReadUInt16LittleEndian(head[20..]));
        Bytes = _left.Slice(PacketPacker.HeadSize, captured);
        _left = _left[(PacketPacker.HeadSize + captured)..];
        HasPacket = true;
    }

    /// <summary>Calls with the packet as a frame that is good for the call.</summary>
    public unsafe void Lend(Action<Frame> use)
    {
        ArgumentNullException.ThrowIfNull(use);
        fixed (byte* data = &MemoryMarshal.GetReference(Bytes.Span))
        {
            use(new Frame(
                (nint)data, Bytes.Length, WireLength, TimeNanos, Interface.LinkType, 0, StrippedVlan.Tag,
                StrippedVlan.Type));
        }
    }
}
