using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
public static class KnownHeaders
{
    public const int Count = (int)KnownHeader.WebSocketExtensions + 1;

    /// <summary>The length singles out one or two candidates, so most names cost a jump and at most one compare.
    /// </summary>
    public static KnownHeader Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => Match(name, "host"u8, KnownHeader.Host),
        7 => (name[0] | 0x20) == 'u'
            ? Match(name, "upgrade"u8, KnownHeader.Upgrade)
            : Match(name, "referer"u8, KnownHeader.Referer),
        8 => Match(name, "location"u8, KnownHeader.Location),
        10 => (name[0] | 0x20) == 'u'
            ? Match(name, "user-agent"u8, KnownHeader.UserAgent)
            : Match(name, "connection"u8, KnownHeader.Connection),
        11 => (name[0] | 0x20) == 't'
            ? Match(name, "traceparent"u8, KnownHeader.TraceParent)
            : Match(name, "grpc-status"u8, KnownHeader.GrpcStatus),
        12 => (name[0] | 0x20) == 'c'
            ? Match(name, "content-type"u8, KnownHeader.ContentType)
            : Match(name, "grpc-message"u8, KnownHeader.GrpcMessage),
        14 => Match(name, "content-length"u8, KnownHeader.ContentLength),
        16 => Match(name, "content-encoding"u8, KnownHeader.ContentEncoding),
        17 => Match(name, "transfer-encoding"u8, KnownHeader.TransferEncoding),
        22 => Match(name, "sec-websocket-protocol"u8, KnownHeader.WebSocketProtocol),
        24 => Match(name, "sec-websocket-extensions"u8, KnownHeader.WebSocketExtensions),
        _ => KnownHeader.Other,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static KnownHeader Match(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted, KnownHeader header) =>
        IsSame(name, wanted) ? header : KnownHeader.Other;

    /// <summary>Whole words, the last overlapping the one before: as long as the names are, a call costs more than the
    /// comparison.</summary>
    /// <param name="wanted">Small letters and hyphens, as long as the name and at least four of them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted)
    {
        Debug.Assert(name.Length == wanted.Length && wanted.Length >= sizeof(uint));
        ref var left = ref MemoryMarshal.GetReference(name);
        ref var right = ref MemoryMarshal.GetReference(wanted);
        var last = wanted.Length - sizeof(uint);
        if (last < sizeof(uint))
        {
            return IsSame32(ref left, ref right, 0) && IsSame32(ref left, ref right, last);
        }

        last = wanted.Length - sizeof(ulong);
        for (var at = 0; at < last; at += sizeof(ulong))
        {
            if (!IsSame64(ref left, ref right, at)) return false;
        }

        return IsSame64(ref left, ref right, last);
    }

    /// <summary>A letter has 0x40 where the hyphen has none, and 0x20 is what makes it small.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame64(ref byte left, ref byte right, int at)
    {
        var wanted = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref right, at));
        return (Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref left, at)) | (wanted & 0x4040_4040_4040_4040) >> 1)
            == wanted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame32(ref byte left, ref byte right, int at)
    {
        var wanted = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref right, at));
        return (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref left, at)) | (wanted & 0x4040_4040) >> 1) == wanted;
    }
}
