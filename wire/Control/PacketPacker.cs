using System.Buffers.Binary;
using Google.Protobuf;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>Puts packets into chunks. One thread.</summary>
/// <remarks>
/// <code>
///  packet: | time 8 | on the wire 4 | captured 4 | interface 2 | VLAN 2 | its type 2 | 0 2 | captured bytes |
/// </code>
/// Little-endian; the interface is a place in all interfaces named so far.</remarks>
public sealed class PacketPacker
{
    /// <summary>A chunk is sent when it has so many bytes.</summary>
    public const int ChunkBytes = 128 << 10;

    internal const int HeadSize = 24;

    private readonly Dictionary<CaptureInterface, ushort> _places = [];
    private readonly List<CaptureInterface> _fresh = [];
    private byte[] _bytes = new byte[ChunkBytes + HeadSize + 2048];
    private int _used;

    public int Count { get; private set; }

    public bool IsFull => _used >= ChunkBytes;

    public void Add(in Frame frame, CaptureInterface seenAt)
    {
        if (!_places.TryGetValue(seenAt, out var place))
        {
            // Beyond what a number holds they are one.
            place = (ushort)Math.Min(_places.Count, ushort.MaxValue);
            if (_places.Count <= ushort.MaxValue)
            {
                _places[seenAt] = place;
                _fresh.Add(seenAt);
            }
        }

        var length = HeadSize + frame.CapturedLength;
        if (_bytes.Length - _used < length) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _used + length));
        var head = _bytes.AsSpan(_used, HeadSize);
        BinaryPrimitives.WriteInt64LittleEndian(head, frame.TimeNanos);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], frame.WireLength);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], frame.CapturedLength);
        BinaryPrimitives.WriteUInt16LittleEndian(head[16..], place);
        BinaryPrimitives.WriteUInt16LittleEndian(head[18..], frame.StrippedVlan);
        BinaryPrimitives.WriteUInt16LittleEndian(head[20..], frame.StrippedVlanType);
        BinaryPrimitives.WriteUInt16LittleEndian(head[22..], 0);
        frame.Bytes.CopyTo(_bytes.AsSpan(_used + HeadSize));
        _used += length;
        Count++;
    }

    /// <summary>What was added since the last chunk.</summary>
    public PacketChunk Take(long completeNanos)
    {
        var chunk = new PacketChunk
        {
            Packets = ByteString.CopyFrom(_bytes, 0, _used), Count = (uint)Count, CompleteNanos = completeNanos,
        };
        foreach (var one in _fresh)
        {
            chunk.Interfaces.Add(new PacketInterface
            {
                Name = one.Name, LinkType = (uint)one.LinkType, SnapLength = (uint)one.SnapLengthMax,
            });
        }

        _fresh.Clear();
        (_used, Count) = (0, 0);
        return chunk;
    }
}
