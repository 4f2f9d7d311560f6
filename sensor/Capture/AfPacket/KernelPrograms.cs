using NetSniff.Filters.Bpf;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>What sockets are given for a filter and a snap length, by what they listen on.</summary>
internal sealed class KernelPrograms(CaptureFilter? filter, int snapLengthMax)
{
    /// <summary>Whether one that was asked for takes everything, because the kernel cannot run the filter: it must be
    /// run here.</summary>
    public bool IsFilteredHere { get; private set; }

    /// <exception cref="CaptureException">The filter has no meaning on such a link.</exception>
    public BpfInstruction[] Of(LinkKind kind, bool isAny) =>
        (isAny ? ForAny() : For(kind)) ?? KernelFilter.Everything(snapLengthMax);

    private BpfInstruction[]? For(LinkKind kind)
    {
        if (filter is null) return null;

        var program = filter.For(kind.LinkType);
        return IsForHere(program) ? null : [.. program.Cut(snapLengthMax).Instructions];
    }

    private BpfInstruction[]? ForAny()
    {
        if (filter is null) return null;

        var ethernet = filter.For(LinkType.Ethernet);
        if (IsForHere(ethernet)) return null;

        var raw = RawOrNothing(filter);
        var all = KernelFilter.ForAnyInterface(ethernet.Cut(snapLengthMax), raw.Cut(snapLengthMax));
        IsFilteredHere |= all is null;
        return all;
    }

    /// <summary>A filter that speaks of Ethernet addresses has no meaning on a link without them.</summary>
    private static BpfProgram RawOrNothing(CaptureFilter filter)
    {
        try
        {
            return filter.For(LinkType.Raw);
        }
        catch (CaptureException)
        {
            return CaptureFilter.Nothing.For(LinkType.Raw);
        }
    }

    private bool IsForHere(BpfProgram program)
    {
        var isForHere = KernelFilter.LooksForTag(program);
        IsFilteredHere |= isForHere;
        return isForHere;
    }
}
