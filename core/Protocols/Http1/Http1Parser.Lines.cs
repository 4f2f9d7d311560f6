using NetSniff.Protocols.Http;

namespace NetSniff.Protocols.Http1;

public sealed partial class Http1Parser
{
    private const int NeedsMore = -1;

    /// <summary>Takes one header line, and its continuations (obs-fold, RFC 9112 section 5.2).</summary>
    /// <param name="line">Without its end.</param>
    /// <returns>Bytes taken, or <see cref="NeedsMore"/>. A line that is too long is given as far as it may go, and its
    /// rest left.</returns>
    private static int TakeLine(
        ReadOnlySpan<byte> rest, ref Side side, out ReadOnlySpan<byte> line, out bool isFolded)
    {
        var from = side.Searched;
        isFolded = from > 0 && rest[..from].Contains((byte)'\n');
        while (true)
        {
            var found = rest[from..].IndexOf((byte)'\n');
            var end = found < 0 ? rest.Length : from + found;
            if (end >= LineBytesMax)
            {
                side.Searched = 0;
                line = rest[..LineBytesMax];
                return LineBytesMax;
            }

            var body = rest[..end];
            var isEmpty = found >= 0 && IsEmpty(body);
            if (found < 0 || (!isEmpty && end + 1 == rest.Length))
            {
                // A header line is known to be over when the next one is seen to begin.
                side.Searched = end;
                line = default;
                return NeedsMore;
            }

            if (!isEmpty && rest[end + 1] is (byte)' ' or (byte)'\t')
            {
                isFolded = true;
                from = end + 1;
                continue;
            }

            side.Searched = 0;
            line = body;
            return end + 1;
        }
    }

    /// <summary>Takes the first line of a message, which has no continuations; otherwise as <see cref="TakeLine"/>.
    /// </summary>
    private static int TakeFirstLine(ReadOnlySpan<byte> rest, ref Side side, out ReadOnlySpan<byte> line)
    {
        var from = side.Searched;
        var found = rest[from..].IndexOf((byte)'\n');
        var end = found < 0 ? rest.Length : from + found;
        if (end >= LineBytesMax)
        {
            side.Searched = 0;
            line = rest[..LineBytesMax];
            return LineBytesMax;
        }

        side.Searched = found < 0 ? end : 0;
        line = found < 0 ? default : rest[..end];
        return found < 0 ? NeedsMore : end + 1;
    }

    /// <summary>Reads header lines until the empty one. Continuations do not survive: RFC 9112 section 5.2 has them
    /// replaced by a space.</summary>
    /// <param name="isOver">The empty line was taken.</param>
    private int TakeHeaders(
        ReadOnlySpan<byte> rest, ref Side side, HeaderBook book, ref Framing framing, ref HttpProblem problem,
        out bool isOver)
    {
        isOver = false;
        var position = 0;
        while (position < rest.Length)
        {
            if (side.Searched == 0)
            {
                var header = book.TakePlain(rest, ref position, out var value);
                if (header != KnownHeader.Other)
                {
                    if (header == KnownHeader.ContentLength) framing.AddLength(value);
                    else framing.AddCoding(value);
                    continue;
                }

                if (rest[position..] is [(byte)'\r', (byte)'\n', ..])
                {
                    position += 2;
                    isOver = true;
                    break;
                }
            }

            var taken = TakeLine(rest[position..], ref side, out var line, out var isFolded);
            if (taken == NeedsMore) break;

            position += taken;
            if (taken > line.Length && IsEmpty(line))
            {
                isOver = true;
                break;
            }

            AddHeader(isFolded ? Unfold(line) : line, book, ref framing, ref problem);
            if (taken == line.Length)
            {
                problem = HttpProblem.HeadTooLong;
                side.Phase = Phase.LongLine;
                break;
            }
        }

        side.HeadBytes += position;
        if (side.HeadBytes > HeadBytesMax) problem = HttpProblem.HeadTooLong;
        return position == 0 ? NeedsMore : position;
    }

    private static void AddHeader(
        ReadOnlySpan<byte> line, HeaderBook book, ref Framing framing, ref HttpProblem problem)
    {
        if (line is [.., (byte)'\r']) line = line[..^1];
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            problem = HttpProblem.HeaderLine;
            book.AddLine(line);
            return;
        }

        var name = line[..colon];
        var value = line[(colon + 1)..];
        if (name[^1] is (byte)' ' or (byte)'\t' || name[0] is (byte)' ' or (byte)'\t')
        {
            // Space before the colon is for attacks only (RFC 9112 section 5.1), but is overlooked by some.
            name = name.Trim(" \t"u8);
            problem = HttpProblem.HeaderLine;
        }

        if (value is [(byte)' ', ..]) value = value[1..];
        if (value.Length > 0 && (value[0] is (byte)' ' or (byte)'\t' || value[^1] is (byte)' ' or (byte)'\t' or (byte)'\r'))
        {
            value = value.Trim(" \t\r"u8);
        }

        switch (book.Add(name, value))
        {
            case KnownHeader.ContentLength: framing.AddLength(value); break;
            case KnownHeader.TransferEncoding: framing.AddCoding(value); break;
        }
    }

    private ReadOnlySpan<byte> Unfold(ReadOnlySpan<byte> line)
    {
        if (_unfolded.Length == 0) _unfolded = new byte[LineBytesMax];
        var length = 0;
        while (!line.IsEmpty)
        {
            var end = line.IndexOf((byte)'\n');
            var part = (end < 0 ? line : line[..end]).Trim(" \t\r"u8);
            if (length > 0 && !part.IsEmpty) _unfolded[length++] = (byte)' ';
            part.CopyTo(_unfolded.AsSpan(length));
            length += part.Length;
            line = end < 0 ? default : line[(end + 1)..];
        }

        return _unfolded.AsSpan(0, length);
    }

    private static int SkipLongLine(ReadOnlySpan<byte> rest, ref Side side)
    {
        var end = rest.IndexOf((byte)'\n');
        if (end < 0) return rest.Length;

        side.Phase = Phase.Headers;
        return end + 1;
    }

    /// <summary>Only carriage returns, if anything: some servers end their heads oddly.</summary>
    private static bool IsEmpty(ReadOnlySpan<byte> line) => line.IsEmpty || !line.ContainsAnyExcept((byte)'\r');

    private static int CountBlank(ReadOnlySpan<byte> bytes) =>
        bytes[0] > ' ' ? 0 : bytes.IndexOfAnyExcept(" \t\r\n"u8) is var first and >= 0 ? first : bytes.Length;
}
