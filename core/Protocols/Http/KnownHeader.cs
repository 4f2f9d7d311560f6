using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetSniff.Protocols.Http;

/// <summary>Header fields a parser or a record asks for by name.</summary>
public enum KnownHeader : byte
{
    Other,
    Host,
    UserAgent,
    Referer,
    Location,
    Upgrade,
    Connection,
    ContentType,
    ContentLength,
    ContentEncoding,
    TransferEncoding,
    TraceParent,
    GrpcStatus,
    GrpcMessage,
    WebSocketProtocol,
    WebSocketExtensions,
}

/// <summary>Finds a header field by its name, whatever its case (RFC 9110 section 5.1).</summary>
/// <remarks>Length and first letter lead to the one name it may be, and one comparison of vectors says whether it is:
/// no jump that depends on the name, for no two names follow each other so often that a processor could guess it.
/// </remarks>
public static class KnownHeaders
{
    public const int Count = (int)KnownHeader.WebSocketExtensions + 1;

    /// <summary>Longer than any of them, and as long as a vector.</summary>
    private const int Room = 32;

    /// <summary>In the order of the enumeration, each as long as a vector.</summary>
    private static ReadOnlySpan<byte> Names =>
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "host"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "user-agent"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "referer"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "location"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "upgrade"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "connection"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "content-type"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "content-length"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "content-encoding"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "transfer-encoding"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "traceparent"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "grpc-status"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "grpc-message"u8 + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8
        + "sec-websocket-protocol"u8 + "\0\0\0\0\0\0\0\0\0\0"u8
        + "sec-websocket-extensions"u8 + "\0\0\0\0\0\0\0\0"u8;

    /// <summary>Which name <see cref="SlotOf"/> leads to.</summary>
    private static ReadOnlySpan<byte> Slots =>
    [
        12, 0, 5, 2, 4, 14, 0, 7, 0, 0, 0, 13, 0, 11, 0, 10,
        0, 6, 0, 9, 1, 0, 0, 0, 0, 0, 0, 15, 0, 8, 0, 3,
    ];

    public static KnownHeader Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length >= Room) return KnownHeader.Other;

        Span<byte> room = stackalloc byte[Room];
        room.Clear();
        name.CopyTo(room);
        return Find(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(room)), name.Length);
    }

    /// <param name="line">Begins with the name.</param>
    /// <param name="nameLength">At least one, and less than <see cref="Room"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static KnownHeader Find(Vector256<byte> line, int nameLength)
    {
        var header = (int)Unsafe.Add(ref MemoryMarshal.GetReference(Slots), SlotOf(line.ToScalar(), nameLength));
        if (header == (int)KnownHeader.Other) return KnownHeader.Other;

        var wanted = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Names), (nuint)(header * Room));
        // A letter has 0x40 where the hyphen has none, and 0x20 is what makes it small.
        var small = ((wanted & Vector256.Create((byte)0x40)).AsUInt64() >>> 1).AsByte();
        var different = ~Vector256.Equals(line | small, wanted).ExtractMostSignificantBits();
        return (different & ((1u << nameLength) - 1)) == 0 ? (KnownHeader)header : KnownHeader.Other;
    }

    /// <summary>Different for each name, as for each length below 32 with the same first letter: what has the letters
    /// of the name that is found has its length, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint SlotOf(byte first, int nameLength) => (nameLength * 11 + (first | 0x20)) & (Room - 1);
}
