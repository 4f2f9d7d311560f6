using System.Buffers.Binary;

namespace NetSniff.Bench.Mixing;

/// <summary>One recorded packet: where it lies in its recording, when it was seen after the first.</summary>
internal readonly record struct Recorded(long OffsetMicros, int Start, int Length);

/// <summary>A recording in memory: a classic little-endian pcap of Ethernet frames, IPv4 only.</summary>
internal sealed class Recording
{
    private const int FileHeaderSize = 24;
    private const int RecordHeaderSize = 16;

    private Recording(byte[] bytes, List<Recorded> packets)
    {
        Bytes = bytes;
        Packets = packets;
    }

    public byte[] Bytes { get; }

    public IReadOnlyList<Recorded> Packets { get; }

    public long DurationMicros => Packets[^1].OffsetMicros;

    /// <summary>Its first packets, sharing the bytes.</summary>
    public Recording First(int count) =>
        count == Packets.Count ? this : new Recording(Bytes, [.. Packets.Take(count)]);

    public static Recording Load(string path, int packetsMax)
    {
        var bytes = File.ReadAllBytes(path);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != 0xa1b2c3d4)
        {
            throw new InvalidDataException($"{path}: a classic microsecond pcap is wanted");
        }

        var packets = new List<Recorded>();
        long first = -1;
        for (var at = FileHeaderSize; at + RecordHeaderSize <= bytes.Length;)
        {
            var head = bytes.AsSpan(at);
            var micros = BinaryPrimitives.ReadUInt32LittleEndian(head) * 1_000_000L
                + BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
            var start = at + RecordHeaderSize;
            if (start + length > bytes.Length || packets.Count >= packetsMax) break;

            at = start + length;
            if (length < 34 || BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(start + 12)) != 0x0800) continue;
            if (first < 0) first = micros;
            packets.Add(new Recorded(Math.Max(0, micros - first), start, length));
        }

        return packets.Count > 0 ? new Recording(bytes, packets) : throw new InvalidDataException($"{path}: no packets");
    }
}
