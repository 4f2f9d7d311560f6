using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Export;

/// <summary>How a batch lies in the spool: bytes when unpacked (4), length of the trace parent (1), the trace parent,
/// the packed batch. The entry's kind says how it is packed.</summary>
internal static class SpooledBatch
{
    public const int TraceParentBytesMax = 64;
    public const int PrefixBytesMax = 5 + TraceParentBytesMax;

    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> packed, int unpackedBytes, string traceParent)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, unpackedBytes);
        var trace = traceParent.Length <= TraceParentBytesMax ? Encoding.ASCII.GetBytes(traceParent, target[5..]) : 0;
        target[4] = (byte)trace;
        packed.CopyTo(target[(5 + trace)..]);
        return 5 + trace + packed.Length;
    }

    /// <summary>Fills in a message. Its payload is the buffer's.</summary>
    /// <returns>False when it is no batch.</returns>
    public static bool TryRead(QueueEntry entry, string lane, ref byte[] buffer, Batch batch)
    {
        var payload = entry.Payload;
        if (payload.Length < 5 || payload.Length < 5 + payload[4]) return false;

        var packed = payload[(5 + payload[4])..];
        if (buffer.Length < packed.Length) buffer = new byte[Math.Max(packed.Length, 2 * buffer.Length)];
        packed.CopyTo(buffer);
        batch.Lane = lane;
        batch.Sequence = entry.Sequence;
        batch.Records = (uint)entry.Records;
        batch.Compression = (Compression)entry.Kind;
        batch.UnpackedBytes = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        batch.FirstNanos = entry.TimeNanos;
        batch.TraceParent = Encoding.ASCII.GetString(payload.Slice(5, payload[4]));
        batch.Payload = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, packed.Length));
        return true;
    }
}
