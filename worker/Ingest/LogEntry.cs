using System.Text;
using NetSniff.Buffers;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>What an entry of the log is.</summary>
internal enum LogEntryKind : uint
{
    Batch = 1,
    Retraction = 2,
}

/// <summary>How batches and retractions lie in the log.</summary>
/// <remarks>
/// <code>
/// batch      := sensor(16 bytes) lane(t) sequence(v) compression(1) unpacked bytes(v) trace parent(t) payload
/// retraction := sensor(16 bytes) lane(t) count(v) { sequence(v) }*
/// (v) a varint, (t) a text behind its varint length
/// </code></remarks>
internal static class LogEntry
{
    /// <summary>Longest lane name, bytes.</summary>
    public const int LaneBytesMax = 96;

    public const int SensorDigits = 32;

    public const int TraceParentBytesMax = 64;

    public static void Write(ByteWriter output, LaneId lane, Batch batch)
    {
        WriteLane(output, lane);
        output.PutVarint(batch.Sequence);
        output.Put((byte)batch.Compression);
        output.PutVarint(batch.UnpackedBytes);
        Span<byte> trace = stackalloc byte[TraceParentBytesMax];
        var isTraced = Encoding.UTF8.TryGetBytes(batch.TraceParent, trace, out var length);
        output.PutText(isTraced ? trace[..length] : []);
        output.Put(batch.Payload.Span);
    }

    public static void Write(ByteWriter output, LaneId lane, IReadOnlyList<ulong> retracted)
    {
        WriteLane(output, lane);
        output.PutVarint((ulong)retracted.Count);
        foreach (var sequence in retracted) output.PutVarint(sequence);
    }

    /// <summary>A sensor and lane that can be written down.</summary>
    public static bool IsLane(LaneId lane) => IsSensor(lane.Sensor)
        && lane.Lane.Length is > 0 and <= LaneBytesMax
        && lane.Lane.All(static letter => letter is > ' ' and <= '~');

    public static bool IsSensor(string sensor) =>
        sensor.Length == SensorDigits && sensor.All(char.IsAsciiHexDigitLower);

    private static void WriteLane(ByteWriter output, LaneId lane)
    {
        Convert.FromHexString(lane.Sensor, output.Room(SensorDigits / 2), out _, out var written);
        output.Advance(written);
        Span<byte> name = stackalloc byte[LaneBytesMax];
        output.PutText(name[..Encoding.ASCII.GetBytes(lane.Lane, name)]);
    }
}

/// <summary>Reads an entry straight down; what runs short raises <see cref="IsBroken"/>.</summary>
internal ref struct LogEntryReader(ReadOnlySpan<byte> entry)
{
    private ReadOnlySpan<byte> _rest = entry;

    public bool IsBroken { get; private set; }

    public LaneId Lane()
    {
        var sensor = Convert.ToHexStringLower(Take(LogEntry.SensorDigits / 2));
        return new LaneId(sensor, Encoding.ASCII.GetString(Text(LogEntry.LaneBytesMax)));
    }

    public ulong Varint()
    {
        var value = 0ul;
        for (var shift = 0; shift < 7 * ByteWriter.VarintSizeMax; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        IsBroken = true;
        return 0;
    }

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public ReadOnlySpan<byte> Text(int bytesMax)
    {
        var length = Varint();
        return Take(length <= (ulong)bytesMax ? (int)length : int.MaxValue);
    }

    public readonly ReadOnlySpan<byte> Rest() => _rest;

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            IsBroken = true;
            return default;
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
