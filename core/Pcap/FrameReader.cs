using System.Runtime.Intrinsics.X86;
using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>Takes frames out of the bytes of a capture file, wherever those are: a window sliding over a stream, a
/// mapped file, an array in a test.</summary>
/// <remarks>A step machine: each <see cref="Read"/> is shown the bytes from the first one it has not consumed and
/// fills frames that point into them. How the file is cut into windows changes nothing but the size of batches.
/// </remarks>
public abstract unsafe class FrameReader
{
    /// <summary>Longest frame read: libpcap's and Wireshark's own bound for everything but USB and D-Bus.</summary>
    public const int FrameBytesMax = 262_144;

    // A mapped file is read at the pace of memory when the next headers are asked for early; in a window that is
    // still in the cache this costs next to nothing.
    private const int PrefetchAhead = 1_536;

    private protected FrameReader()
    {
    }

    /// <summary>The format as users call it.</summary>
    public abstract string Format { get; }

    /// <summary>Grows while a pcapng file is read: an interface is described before its first frame.</summary>
    public abstract IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>Set when no more can be read.</summary>
    public PcapProblem? Problem { get; private protected set; }

    /// <summary>Bytes the next step needs to be shown at once, when the last one could not go on.</summary>
    public long Needed { get; private protected set; } = CaptureFormats.HeadBytes;

    /// <summary>Bytes consumed since the beginning of the file.</summary>
    public long Offset { get; private protected set; }

    /// <summary>A reader for a file that begins so, or null.</summary>
    /// <param name="head">At least <see cref="CaptureFormats.HeadBytes"/>.</param>
    public static FrameReader? TryOpen(ReadOnlySpan<byte> head) => CaptureFormats.Recognise(head) switch
    {
        CaptureFormat.Pcap => new PcapReader(),
        CaptureFormat.Pcapng => new PcapngReader(),
        _ => null,
    };

    /// <summary>Fills <paramref name="frames"/> from the bytes at <paramref name="start"/>.</summary>
    /// <returns>How many; 0 when there is a <see cref="Problem"/> or more bytes are needed.</returns>
    public int Read(byte* start, long length, Span<Frame> frames, out long consumed)
    {
        consumed = 0;
        if (Problem is not null) return 0;

        var count = Walk(start, length, frames, ref consumed);
        Offset += consumed;
        return count;
    }

    /// <summary>Says that the file ends and this many bytes of it were not consumed.</summary>
    public void End(long left)
    {
        if (Problem is null && (left > 0 || IsInside))
        {
            Problem = new PcapProblem(
                PcapProblemKind.Truncated, Offset - InsideBytes, left + InsideBytes, InsideNeeded);
        }
    }

    private protected abstract int Walk(byte* start, long length, Span<Frame> frames, ref long consumed);

    /// <summary>Whether the file cannot end here, although every byte shown was consumed.</summary>
    private protected virtual bool IsInside => false;

    /// <summary>Bytes already consumed of the record that is not at its end.</summary>
    private protected virtual long InsideBytes => 0;

    private protected virtual long InsideNeeded => Needed;

    private protected void Fail(PcapProblemKind kind, long position, long found = 0, long bound = 0) =>
        Problem = new PcapProblem(kind, Offset + position, found, bound);

    private protected static void Prefetch(byte* record)
    {
        if (Sse.IsSupported) Sse.Prefetch0(record + PrefetchAhead);
    }
}
