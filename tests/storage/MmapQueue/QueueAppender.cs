using System.Buffers.Binary;
using NetSniff.Storage.MmapQueue;

namespace NetSniff.Tests.Storage.MmapQueue;

/// <summary>Appends until it is killed, and says after each entry how far it is. Every entry tells its own number, so
/// that whoever reads them can see whether any is missing, doubled or not what was written.</summary>
internal static class QueueAppender
{
    public static readonly QueueOptions Options = new() { SegmentBytes = 256 * 1024, BytesMax = 1L << 30 };

    public static int Run(string[] arguments)
    {
        using var queue = NetSniff.Storage.MmapQueue.MmapQueue.Open(arguments[0], Options);
        using var output = Console.OpenStandardOutput();
        var buffer = new byte[4096];
        var said = new byte[8];
        for (ulong number = 1; ; number++)
        {
            var payload = Payload(number, buffer);
            if (queue.TryAppend(payload, 1, (long)number, 7, out var sequence) != AppendStatus.Stored) return 1;

            BinaryPrimitives.WriteUInt64LittleEndian(said, sequence);
            output.Write(said);
        }
    }

    /// <summary>A payload that follows from its number: 8 to 3,000 bytes.</summary>
    public static ReadOnlySpan<byte> Payload(ulong number, byte[] buffer)
    {
        var length = 8 + (int)(number * 2654435761 % 2993);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, number);
        for (var index = 8; index < length; index++) buffer[index] = (byte)(number * 31 + (ulong)index);
        return buffer.AsSpan(0, length);
    }
}
