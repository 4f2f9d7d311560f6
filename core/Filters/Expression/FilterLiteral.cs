using System.Text.RegularExpressions;

namespace NetSniff.Filters.Expression;

/// <summary>One value of an expression, read for the kind of its field.</summary>
/// <param name="Source">As it was written.</param>
internal sealed record FilterLiteral(string Source)
{
    /// <summary>Numbers, flags, durations and times from…to, in the order of <see cref="ScalarRanges"/>.</summary>
    public ulong Low { get; init; }
    public ulong High { get; init; }

    /// <summary>Addresses from…to as big-endian numbers.</summary>
    public UInt128 FirstAddress { get; init; }
    public UInt128 LastAddress { get; init; }

    /// <summary>An IPv6 network so wide that IPv4 lies inside it by the accident of how we keep it.</summary>
    public bool IsV6Only { get; init; }

    public byte[] Bytes { get; init; } = [];

    /// <summary>Bytes, and <see cref="GlobTest.AnyRun"/> and <see cref="GlobTest.AnyOne"/> among them.</summary>
    public ushort[] Glob { get; init; } = [];

    public Regex? Regex { get; init; }
}
