using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NetSniff.Protocols.Http2;

/// <summary>Frame types, RFC 9113 section 6 and the registry it began.</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,

    /// <summary>RFC 7838.</summary>
    AltSvc = 10,

    /// <summary>RFC 8336.</summary>
    Origin = 12,

    /// <summary>RFC 9218.</summary>
    PriorityUpdate = 16,
}

/// <summary>The nine bytes before every frame, RFC 9113 section 4.1.</summary>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameType Type, byte Flags, uint StreamId)
{
    public const int Size = 9;

    public const byte EndStream = 0x01;
    public const byte Ack = 0x01;
    public const byte EndHeaders = 0x04;
    public const byte Padded = 0x08;
    public const byte Priority = 0x20;

    /// <summary>Largest payload before SETTINGS_MAX_FRAME_SIZE says otherwise (section 6.5.2).</summary>
    public const int LengthDefaultMax = 16 * 1024;

    /// <summary>Largest payload the field can say.</summary>
    public const int FrameBytesMax = (1 << 24) - 1;

    public bool Has(byte flag) => (Flags & flag) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Http2FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(bytes.Length >= Size);
        var word = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        // The highest bit of the stream is reserved and to be ignored.
        var streamId = ((uint)word << 8 | bytes[8]) & 0x7FFF_FFFF;
        return new((int)(word >> 40), (Http2FrameType)(word >> 32), (byte)(word >> 24), streamId);
    }

    /// <summary>Whether length and stream suit the type (section 6). Types of extensions may have any.</summary>
    public bool IsWellFormed => Type switch
    {
        Http2FrameType.Data => StreamId != 0 && (!Has(Padded) || Length >= 1),
        Http2FrameType.Headers or Http2FrameType.Continuation => StreamId != 0,
        Http2FrameType.Priority => StreamId != 0 && Length == 5,
        Http2FrameType.ResetStream => StreamId != 0 && Length == 4,
        Http2FrameType.Settings => StreamId == 0 && (Has(Ack) ? Length == 0 : Length % 6 == 0),
        Http2FrameType.PushPromise => StreamId != 0 && Length >= 4,
        Http2FrameType.Ping => StreamId == 0 && Length == 8,
        Http2FrameType.GoAway => StreamId == 0 && Length >= 8,
        Http2FrameType.WindowUpdate => Length == 4,
        _ => true,
    };

    /// <summary>Whether bytes at an unknown place would be a frame header: only what peers really send.</summary>
    public bool IsPlausible(Direction direction, int lengthMax)
    {
        if (Length > lengthMax || !IsWellFormed) return false;

        var isClients = (StreamId & 1) != 0;
        return Type switch
        {
            // What the server pushes has no body from the client (section 8.4).
            Http2FrameType.Data => (Flags & ~(EndStream | Padded)) == 0
                && (isClients || direction == Direction.ToClient),
            Http2FrameType.Headers => (Flags & ~(EndStream | EndHeaders | Padded | Priority)) == 0 && Length > 0
                && (isClients || direction == Direction.ToClient),
            Http2FrameType.PushPromise => (Flags & ~(EndHeaders | Padded)) == 0 && isClients
                && direction == Direction.ToClient,
            Http2FrameType.Continuation => (Flags & ~EndHeaders) == 0,
            Http2FrameType.Settings or Http2FrameType.Ping => (Flags & ~Ack) == 0,
            Http2FrameType.Priority or Http2FrameType.ResetStream or Http2FrameType.GoAway
                or Http2FrameType.WindowUpdate or Http2FrameType.AltSvc => Flags == 0,
            Http2FrameType.Origin or Http2FrameType.PriorityUpdate => Flags == 0 && StreamId == 0,
            _ => false,
        };
    }
}
