using NetSniff.Config;

namespace NetSniff.Sensor.Capture;

/// <summary>What a configuration says of how captures are opened: it holds from the next opening on, for a ring cannot
/// be changed in place of another without losing what comes between.</summary>
/// <param name="Backend">Name of one, or <see cref="Captures.AnyBackend"/>.</param>
/// <param name="Rings">For each interface, each with a thread of its own.</param>
/// <param name="RingMebibytes">Of each.</param>
public sealed record CaptureOpening(string Backend, int Rings, int RingMebibytes)
{
    /// <summary>More threads than that are asked for by name, with `--rings` of `netsniff live`.</summary>
    public const int RingsMax = 16;

    /// <summary>However many share what an interface is given.</summary>
    public const int RingMebibytesMin = 8;

    /// <summary>A checked configuration's.</summary>
    /// <param name="live">What holds where it says nothing.</param>
    /// <param name="cpus">That the sensor may use; 0 where nobody said, and then one thread has to do.</param>
    public static CaptureOpening Of(CaptureConfig config, LiveOptions live, double cpus)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(live);
        var backend = config.Backend switch
        {
            BackendChoice.AFPacket => "af-packet",
            BackendChoice.Libpcap => "libpcap",
            _ => Captures.AnyBackend,
        };
        var rings = config.Ring.Fanout switch
        {
            null => live.Rings,
            FanoutChoice.FlowHash => (int)Math.Clamp(Math.Floor(cpus), 1, RingsMax),
            _ => 1,
        };
        var isSaid = Quantity.TryParse(config.Ring.Size, out var bytes) && bytes > 0;
        var mebibytes = isSaid ? (int)Math.Ceiling(bytes / (1 << 20)) : live.RingMebibytes;
        return new CaptureOpening(
            backend, rings,
            config.Ring.Fanout is null || rings == 1
                ? Math.Clamp(mebibytes, 1, LiveOptions.RingMebibytesMax)
                : Math.Clamp(mebibytes / rings, RingMebibytesMin, LiveOptions.RingMebibytesMax));
    }

    /// <summary>The options with this in them, for a backend.</summary>
    public LiveOptions In(LiveOptions options, bool canShare) => options with
    {
        Rings = canShare ? Rings : 1,
        // What was meant for several is one's then.
        RingMebibytes = canShare ? RingMebibytes : Math.Min(LiveOptions.RingMebibytesMax, RingMebibytes * Rings),
    };
}
