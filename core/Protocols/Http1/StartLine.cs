using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace NetSniff.Protocols.Http1;

/// <summary>The first line of a request, RFC 9112 section 3, taken apart without believing in it.</summary>
internal readonly ref struct RequestLine
{
    /// <summary>No method is longer; the longest registered one has 17 letters.</summary>
    public const int MethodBytesMax = 32;

    /// <summary>The line, method first, without blanks behind it.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    public int TargetStart { get; private init; }

    public int VersionStart { get; private init; }

    public ReadOnlySpan<byte> Method => Text[..MethodLength];

    public ReadOnlySpan<byte> Target => Text.Slice(TargetStart, TargetLength);

    /// <summary>What follows `HTTP/`; empty without a version.</summary>
    public ReadOnlySpan<byte> Version => Text.Slice(VersionStart, VersionLength);

    /// <summary>The line has one word more than it may have, where the version would be.</summary>
    public bool HasBadVersion { get; private init; }

    /// <summary>A request as nearly all are, with nothing to doubt.</summary>
    public bool IsPlain { get; private init; }

    public bool HasVersion => VersionLength > 0;

    /// <summary>Method and target are there and the method is a token (RFC 9110 section 5.6.2).</summary>
    public bool IsSound => TargetLength > 0
        && (Tokens.IsCoreMethod(Method) || (Method.Length <= MethodBytesMax && Tokens.IsToken(Method)));

    private int MethodLength { get; init; }

    private int TargetLength { get; init; }

    private int VersionLength { get; init; }

    public static RequestLine Read(ReadOnlySpan<byte> line)
    {
        const int TailBytes = 10;
        const int VersionBytes = 3;
        var method = MethodOf(line);
        var last = line.Length - TailBytes;
        if (method > 0 && last > method + 1 && EndsPlain(line[last..])
            && line[method + 1] > ' ' && line[last - 1] > ' ')
        {
            return new RequestLine
            {
                Text = line[..^1],
                IsPlain = true,
                MethodLength = method,
                TargetStart = method + 1,
                TargetLength = last - method - 1,
                VersionStart = line.Length - 1 - VersionBytes,
                VersionLength = VersionBytes,
            };
        }

        return ReadOdd(line);
    }

    private static RequestLine ReadOdd(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \t\r"u8);
        var gap = line.IndexOfAny((byte)' ', (byte)'\t');
        if (gap < 0) return new RequestLine { Text = line, MethodLength = line.Length };

        var rest = line[gap..].TrimStart(" \t"u8);
        var start = line.Length - rest.Length;
        var last = rest.LastIndexOfAny((byte)' ', (byte)'\t');
        var word = rest[(last + 1)..];
        if (Tokens.StartsWithHttp(word) && word.Length > 5)
        {
            // A target with spaces in it is wrong, but is what servers have been sent: all up to the version counts.
            return new RequestLine
            {
                Text = line,
                MethodLength = gap,
                TargetStart = start,
                TargetLength = last < 0 ? 0 : rest[..last].TrimEnd(" \t"u8).Length,
                VersionStart = line.Length - word.Length + 5,
                VersionLength = word.Length - 5,
            };
        }

        // Exactly three words have the right shape, so the third is a damaged version.
        var isThird = last > 0 && rest.IndexOfAny((byte)' ', (byte)'\t') == last;
        return new RequestLine
        {
            Text = line,
            MethodLength = gap,
            TargetStart = start,
            TargetLength = isThird ? last : rest.Length,
            HasBadVersion = isThird,
        };
    }

    /// <summary>Length of the method if that is one of the core and one blank follows, else 0.</summary>
    private static int MethodOf(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("GET "u8)) return 3;
        if (line.StartsWith("POST "u8)) return 4;

        var gap = line[..Math.Min(line.Length, 8)].IndexOf((byte)' ');
        return gap > 0 && Tokens.IsCoreMethod(line[..gap]) ? gap : 0;
    }

    /// <summary>Version 1.0 or 1.1 and a carriage return.</summary>
    private static bool EndsPlain(ReadOnlySpan<byte> tail) =>
        tail.StartsWith(" HTTP/1."u8) && tail[8] is (byte)'1' or (byte)'0' && tail[9] == '\r';
}

/// <summary>The first line of a response, RFC 9112 section 4.</summary>
internal readonly ref struct StatusLine
{
    public ReadOnlySpan<byte> Version { get; private init; }

    /// <summary>0 when there is no number from 100 to 999.</summary>
    public uint Status { get; private init; }

    /// <summary>Takes a whole line that is plain and no longer than a vector, as nearly all are.</summary>
    public static bool TryTake(ReadOnlySpan<byte> bytes, out StatusLine line, out int taken)
    {
        line = default;
        taken = 0;
        if (bytes.Length < Vector256<byte>.Count || !bytes.StartsWith("HTTP/1."u8)) return false;

        var piece = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(bytes));
        var ends = Vector256.Equals(piece, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
        var length = BitOperations.TrailingZeroCount(ends);
        if (ends == 0 || length < 13 || !TryReadPlain(bytes[5..length], out line)) return false;

        taken = length + 1;
        return true;
    }

    /// <param name="line">Begins with `HTTP/` in some case.</param>
    public static StatusLine Read(ReadOnlySpan<byte> line)
    {
        var rest = line[5..];
        if (TryReadPlain(rest, out var plain)) return plain;

        var end = rest.IndexOfAny(" \t\r"u8);
        if (end < 0) return new StatusLine { Version = rest };

        var version = rest[..end];
        rest = rest[end..].TrimStart(" \t"u8);
        var status = 0u;
        foreach (var digit in rest)
        {
            if (!char.IsAsciiDigit((char)digit)) break;
            status = Math.Min((status * 10) + (uint)(digit - '0'), 1000);
        }

        return new StatusLine { Version = version, Status = status is >= 100 and <= 999 ? status : 0 };
    }

    /// <summary>Three letters, one space, three digits and no fourth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadPlain(ReadOnlySpan<byte> rest, out StatusLine line)
    {
        line = default;
        if (rest.Length < 8 || rest[0] <= ' ' || rest[1] <= ' ' || rest[2] <= ' ' || rest[3] != ' ') return false;

        var (first, second, third) = (rest[4] - '0', rest[5] - '0', rest[6] - '0');
        if (first is < 1 or > 9 || second is < 0 or > 9 || third is < 0 or > 9) return false;
        if (char.IsAsciiDigit((char)rest[7])) return false;

        line = new StatusLine { Version = rest[..3], Status = (uint)(100 * first + 10 * second + third) };
        return true;
    }
}

/// <summary>Letters and words of the grammar.</summary>
internal static class Tokens
{
    private static readonly SearchValues<byte> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static bool IsToken(ReadOnlySpan<byte> text) => text.Length > 0 && !text.ContainsAnyExcept(s_token);

    /// <summary>Length of the token the text begins with.</summary>
    public static int TokenLength(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyExcept(s_token) is var end and >= 0 ? end : text.Length;

    public static bool StartsWithHttp(ReadOnlySpan<byte> text) =>
        text.Length >= 5 && (text.StartsWith("HTTP/"u8) || Ascii.EqualsIgnoreCase(text[..5], "http/"u8));

    /// <summary>The text is `HTTP/` or as much of it as was said so far.</summary>
    public static bool MayStartWithHttp(ReadOnlySpan<byte> text) =>
        text.Length >= 5 ? StartsWithHttp(text) : Ascii.EqualsIgnoreCase(text, "http/"u8[..text.Length]);

    /// <summary>Methods of RFC 9110 and RFC 5789: the ones a line without a version is believed with.</summary>
    public static bool IsCoreMethod(ReadOnlySpan<byte> method) => method.Length switch
    {
        3 => method.SequenceEqual("GET"u8) || method.SequenceEqual("PUT"u8),
        4 => method.SequenceEqual("POST"u8) || method.SequenceEqual("HEAD"u8),
        5 => method.SequenceEqual("PATCH"u8) || method.SequenceEqual("TRACE"u8),
        6 => method.SequenceEqual("DELETE"u8),
        7 => method.SequenceEqual("OPTIONS"u8) || method.SequenceEqual("CONNECT"u8),
        _ => false,
    };

    /// <summary>A comma-separated list holds the token, in any case.</summary>
    public static bool ListHas(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        while (!list.IsEmpty)
        {
            var comma = list.IndexOf((byte)',');
            var part = (comma < 0 ? list : list[..comma]).Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(part, token)) return true;
            list = comma < 0 ? default : list[(comma + 1)..];
        }

        return false;
    }
}
