using System.Buffers;

namespace NetSniff.Detection.Rules.Patterns;

/// <summary>Runs of Base64 in a text, plain or URL-safe, where what they hold is text.</summary>
internal static class Base64Decoder
{
    /// <summary>Shorter runs are words.</summary>
    private const int RunMin = 16;

    private static readonly SearchValues<byte> s_letters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"u8);

    public static int Decode(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var used = 0;
        var isChanged = false;
        while (!text.IsEmpty)
        {
            var start = text.IndexOfAny(s_letters);
            if (start < 0) break;

            var length = text[start..].IndexOfAnyExcept(s_letters);
            if (length < 0) length = text.Length - start;
            text[..start].CopyTo(target[used..]);
            used += start;
            var run = text.Slice(start, length);
            text = text[(start + length)..];
            var decoded = run.Length < RunMin ? 0 : DecodeRun(run, target[used..]);
            if (decoded == 0)
            {
                run.CopyTo(target[used..]);
                used += run.Length;
                continue;
            }

            used += decoded;
            isChanged = true;
            // What fills up the last four letters says nothing.
            while (text is [(byte)'=', ..]) text = text[1..];
        }

        text.CopyTo(target[used..]);
        return isChanged ? used + text.Length : TextDecoder.Unchanged;
    }

    /// <returns>Bytes of text; 0 where it is something else.</returns>
    private static int DecodeRun(ReadOnlySpan<byte> run, Span<byte> target)
    {
        var (bits, count, used) = (0u, 0, 0);
        foreach (var letter in run)
        {
            bits = bits << 6 | Value(letter);
            count += 6;
            if (count < 8) continue;

            count -= 8;
            target[used++] = (byte)(bits >> count);
        }

        return IsText(target[..used]) ? used : 0;
    }

    private static uint Value(byte letter) => letter switch
    {
        >= (byte)'A' and <= (byte)'Z' => (uint)letter - 'A',
        >= (byte)'a' and <= (byte)'z' => (uint)letter - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => (uint)letter - '0' + 52,
        (byte)'+' or (byte)'-' => 62,
        _ => 63,
    };

    /// <summary>Three in four can be printed.</summary>
    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        var printable = 0;
        foreach (var octet in bytes)
        {
            if (octet is >= 0x20 and < 0x7f or (byte)'\t' or (byte)'\n' or (byte)'\r') printable++;
        }

        return 4 * printable >= 3 * bytes.Length;
    }
}
