using NetSniff.Config;

namespace NetSniff.Sensor.Keeping;

/// <summary>How much of a packet may be kept, from nothing to all.</summary>
public enum KeptDepth : byte
{
    Nothing,

    /// <summary>Up to the transport header, and no byte of payload.</summary>
    Headers,

    /// <summary>Payload too where it is known to be ciphertext: of TLS, DTLS, QUIC and SSH.</summary>
    Ciphertext,

    /// <summary>As captured.</summary>
    Everything,
}

/// <summary>What the command line says of packets.</summary>
/// <param name="BytesMax">0 for none.</param>
/// <param name="IsRaw">Payload may be kept whatever is in it.</param>
public sealed record PacketWish(long BytesMax, TimeSpan AgeMax, bool IsRaw)
{
    public static PacketWish None { get; } = new(0, TimeSpan.FromHours(1), false);
}

/// <summary>What of packets is kept, for how long, and how much of each.</summary>
public sealed record PacketPlan(long BytesMax, TimeSpan AgeMax, KeptDepth Depth)
{
    public static PacketPlan Off { get; } = new(0, TimeSpan.FromHours(1), KeptDepth.Nothing);

    public bool IsOn => BytesMax > 0 && Depth != KeptDepth.Nothing;

    /// <summary>What a configuration, a checked one, makes of a wish. It says how much of a packet may be kept,
    /// whatever else was wished; size and age are the wish's where it says none.</summary>
    public static PacketPlan For(SensorConfig config, PacketWish wish)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(wish);
        var buffer = config.Storage.PacketBuffer;
        var isRaw = buffer.RawPayload || wish.IsRaw;
        if (buffer.Size.Length == 0 || !Quantity.TryParse(buffer.Size, out var bytes))
        {
            return new PacketPlan(wish.BytesMax, wish.AgeMax, DepthOf(config, isRaw));
        }

        var age = Quantity.TryParseDuration(buffer.MaxAge, out var span) ? span : wish.AgeMax;
        return new PacketPlan((long)bytes, age, DepthOf(config, isRaw));
    }

    /// <summary>Raw packets cannot be redacted: a secret may be anywhere in them, in pieces, in a coding of its own.
    /// What can be promised is that no payload is kept that could hold one in the clear.</summary>
    private static KeptDepth DepthOf(SensorConfig config, bool isRaw) => config.Payload.Level switch
    {
        PayloadLevel.None => KeptDepth.Nothing,
        PayloadLevel.Metadata => KeptDepth.Headers,
        _ when isRaw => KeptDepth.Everything,
        // Nothing is to be redacted, and nothing is too much.
        PayloadLevel.Body when config.Redaction.Mode == RedactionMode.Disabled => KeptDepth.Everything,
        _ => KeptDepth.Ciphertext,
    };
}
