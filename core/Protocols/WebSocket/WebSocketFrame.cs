using System.Buffers.Binary;

namespace NetSniff.Protocols.WebSocket;

/// <summary>Opcodes of RFC 6455 section 5.2.</summary>
internal static class WebSocketOpcode
{
    public const byte Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    public const int Count = 16;
}

/// <summary>The head of a WebSocket frame, RFC 6455 section 5.2.</summary>
internal readonly struct WebSocketFrame
{
    /// <summary>Two bytes, a 64-bit length and a mask.</summary>
    public const int HeadBytesMax = 14;

    /// <summary>Longest payload of a control frame (section 5.5).</summary>
    public const int ControlBytesMax = 125;

    public byte Opcode { get; private init; }
    public bool IsFinal { get; private init; }
    public bool IsMasked { get; private init; }

    /// <summary>The first reserved bit: compressed, if that was agreed on (RFC 7692).</summary>
    public bool HasFirstReserved { get; private init; }
    public bool HasOtherReserved { get; private init; }
    public ulong Length { get; private init; }
    public uint Mask { get; private init; }
    public int HeadBytes { get; private init; }

    /// <summary>The length could have been said in fewer bytes, which it must be.</summary>
    public bool IsLengthPadded { get; private init; }

    public bool IsControl => (Opcode & 8) != 0;

    /// <summary>0 when all of the head is there, else how many bytes it needs.</summary>
    public static int Read(ReadOnlySpan<byte> bytes, out WebSocketFrame frame)
    {
        frame = default;
        if (bytes.Length < 2) return 2;

        var shortLength = bytes[1] & 0x7F;
        var isMasked = (bytes[1] & 0x80) != 0;
        var lengthBytes = shortLength switch { 126 => 2, 127 => 8, _ => 0 };
        var headBytes = 2 + lengthBytes + (isMasked ? 4 : 0);
        if (bytes.Length < headBytes) return headBytes;

        var length = shortLength switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => (ulong)shortLength,
        };
        frame = new WebSocketFrame
        {
            Opcode = (byte)(bytes[0] & 0xF),
            IsFinal = (bytes[0] & 0x80) != 0,
            HasFirstReserved = (bytes[0] & 0x40) != 0,
            HasOtherReserved = (bytes[0] & 0x30) != 0,
            IsMasked = isMasked,
            Length = length,
            Mask = isMasked ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[(headBytes - 4)..]) : 0,
            HeadBytes = headBytes,
            IsLengthPadded = (lengthBytes == 2 && length < 126) || (lengthBytes == 8 && length <= ushort.MaxValue),
        };
        return 0;
    }
}
