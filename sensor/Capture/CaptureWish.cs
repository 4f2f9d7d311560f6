using NetSniff.Config;
using NetSniff.Sensor.Capture.LibPcap;

namespace NetSniff.Sensor.Capture;

/// <summary>What a configuration says of how frames are taken that may be changed while they come.</summary>
/// <param name="Filter">In the language of tcpdump; empty for all.</param>
public sealed record CaptureWish(
    string Filter, InterfaceChoice Interfaces, CaptureDirection Direction, int SnapLengthMax, bool IsSuspended)
{
    /// <summary>A checked configuration's.</summary>
    public static CaptureWish Of(SensorConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var capture = config.Capture;
        return new CaptureWish(
            capture.BpfFilter, new InterfaceChoice(capture.Interfaces.Include, capture.Interfaces.Exclude),
            capture.Direction switch
            {
                DirectionChoice.Ingress => CaptureDirection.In,
                DirectionChoice.Egress => CaptureDirection.Out,
                _ => CaptureDirection.Both,
            },
            capture.SnapLength, config.Suspend);
    }

    /// <summary>The command line's options with these wishes in them. Its filter goes before the wish's.</summary>
    /// <exception cref="CaptureException">The filter cannot be compiled.</exception>
    public LiveOptions In(LiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options with
        {
            Filter = IsSuspended ? CaptureFilter.Nothing
                : options.Filter ?? (Filter.Length == 0 ? null : FilterCompiler.Filter(Filter)),
            Choice = Interfaces,
            Direction = Direction == CaptureDirection.Both ? options.Direction : Direction,
            SnapLengthMax = Math.Min(SnapLengthMax, options.SnapLengthMax),
        };
    }
}
