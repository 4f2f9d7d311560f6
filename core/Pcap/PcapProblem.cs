using System.Globalization;

namespace NetSniff.Pcap;

public enum PcapProblemKind : byte
{
    /// <summary>The file ends inside a record.</summary>
    Truncated,

    /// <summary>A frame longer than any capture program writes.</summary>
    FrameTooLong,

    BlockTooLong,

    /// <summary>A block shorter than its own fields, or a frame that leaves its block.</summary>
    BlockTooShort,

    /// <summary>A block length that is no multiple of four.</summary>
    BlockMisaligned,

    /// <summary>The two lengths around a block differ.</summary>
    LengthsDiffer,

    /// <summary>A frame of an interface that no block described.</summary>
    UnknownInterface,

    UnknownVersion,

    /// <summary>A section that does not say its byte order.</summary>
    UnknownByteOrder,
}

/// <summary>Why a capture file could not be read to its end. The frames before <paramref name="Offset"/> were
/// delivered.
/// </summary>
/// <param name="Offset">Byte where the damaged record or block begins.</param>
/// <param name="Found">The value that cannot be: a length, a number, a version.</param>
/// <param name="Bound">What it was held against.</param>
public sealed record PcapProblem(PcapProblemKind Kind, long Offset, long Found = 0, long Bound = 0)
{
    /// <summary>One line: where, what, and what to do.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"at byte {Offset} {What}");

    public override string ToString() => Text;

    private string What => Kind switch
    {
        PcapProblemKind.Truncated =>
            Say($"the file is cut short: {Bound} bytes are needed and {Found} are left; what came before was read, ") +
            "so read again when its writer has finished",
        PcapProblemKind.FrameTooLong => Damaged($"a frame of {Found} bytes, where {Bound} is the most"),
        PcapProblemKind.BlockTooLong => Damaged($"a block of {Found} bytes, where {Bound} is the most"),
        PcapProblemKind.BlockTooShort => Damaged($"a block of {Found} bytes that needs {Bound}"),
        PcapProblemKind.BlockMisaligned => Damaged($"a block of {Found} bytes, which is no multiple of {Bound}"),
        PcapProblemKind.LengthsDiffer => Damaged($"a block says it has {Bound} bytes and ends saying {Found}"),
        PcapProblemKind.UnknownInterface =>
            Damaged($"a frame of interface {Found}, where the number described is {Bound}"),
        PcapProblemKind.UnknownVersion =>
            Say($"is version {Found} of the format, and {Bound} is the one read: convert the file, as with `editcap`"),
        _ => Damaged($"a section that does not say its byte order"),
    };

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Damaged(FormattableString what) =>
        $"the file is damaged: {Say(what)}; what came before was read, the rest cannot be found again";
}
