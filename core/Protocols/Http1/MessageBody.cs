namespace NetSniff.Protocols.Http1;

/// <summary>Walks over a message body without holding any of it (RFC 9112 section 6 and 7.1).</summary>
internal struct MessageBody
{
    private enum Step : byte
    {
        End,
        Length,
        UntilClose,
        ChunkSize,
        ChunkExtension,
        ChunkData,
        ChunkEnd,
        TrailerStart,
        TrailerRest,
    }

    private Step _step;
    private bool _hasDigits;
    private ulong _left;

    public static MessageBody OfLength(ulong length) =>
        new() { _step = length > 0 ? Step.Length : Step.End, _left = length };

    public static MessageBody Chunked() => new() { _step = Step.ChunkSize };

    public static MessageBody UntilClose() => new() { _step = Step.UntilClose };

    /// <summary>Bytes of the body so far as on the wire, chunk framing included; behind a bad chunk nothing is counted,
    /// for nobody knows whether it still is this body.</summary>
    public ulong Bytes { get; private set; }

    public readonly bool IsDone => _step == Step.End;

    /// <summary>The other side's FIN ends it: that is how it was announced, or only trailers are missing.</summary>
    public readonly bool EndsWithClose => _step is Step.UntilClose or Step.TrailerStart or Step.TrailerRest;

    public bool HasBadChunk { get; private set; }

    /// <summary>Takes what belongs to the body.</summary>
    /// <returns>Bytes taken: all of them unless the body ended.</returns>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        while (position < bytes.Length && _step != Step.End && !HasBadChunk)
        {
            var rest = bytes[position..];
            switch (_step)
            {
                case Step.UntilClose: position = bytes.Length; break;
                case Step.Length or Step.ChunkData: position += TakeCounted(rest); break;
                case Step.ChunkSize: position += TakeSize(rest); break;
                default: position += TakeLine(rest); break;
            }
        }

        Bytes += (ulong)position;
        return HasBadChunk ? bytes.Length : position;
    }

    /// <summary>Takes bytes of which all are surely of the body and none is its last.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryPass(int length)
    {
        if (_step is not (Step.Length or Step.ChunkData) || (ulong)length >= _left) return false;

        _left -= (ulong)length;
        Bytes += (ulong)length;
        return true;
    }

    /// <summary>Jumps over bytes that were lost.</summary>
    /// <returns>Whether they surely were of this body; if not, nobody knows where the next message begins.</returns>
    public bool TryJump(long missing)
    {
        if (_step == Step.UntilClose)
        {
            if (!HasBadChunk) Bytes += (ulong)Math.Max(missing, 0);
            return true;
        }

        if (missing < 0 || _step is not (Step.Length or Step.ChunkData) || (ulong)missing > _left) return false;

        Bytes += (ulong)missing;
        Count((ulong)missing);
        return true;
    }

    private int TakeCounted(ReadOnlySpan<byte> rest)
    {
        var taken = (int)Math.Min((ulong)rest.Length, _left);
        Count((ulong)taken);
        return taken;
    }

    private void Count(ulong taken)
    {
        _left -= taken;
        if (_left == 0) _step = _step == Step.Length ? Step.End : Step.ChunkEnd;
    }

    private int TakeSize(ReadOnlySpan<byte> rest)
    {
        var position = 0;
        while (position < rest.Length)
        {
            var letter = rest[position];
            var digit = HexDigit(letter);
            if (digit >= 0)
            {
                // RFC 9112 section 7.1: a size that overflows must not wrap round.
                if (_left >> 60 != 0) return GiveUp(position);
                _left = (_left << 4) | (uint)digit;
                _hasDigits = true;
                position++;
                continue;
            }

            if (_hasDigits)
            {
                _step = Step.ChunkExtension;
                return position;
            }

            if (letter is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')) return GiveUp(position);
            position++;
        }

        return position;
    }

    /// <summary>No size where one must be: from here on everything is body, for there is no way back.</summary>
    private int GiveUp(int position)
    {
        HasBadChunk = true;
        _step = Step.UntilClose;
        return position;
    }

    private int TakeLine(ReadOnlySpan<byte> rest)
    {
        switch (_step)
        {
            case Step.ChunkEnd:
                if (rest[0] == '\r') return 1;
                StartSize();
                return rest[0] == '\n' ? 1 : 0;

            case Step.TrailerStart when rest[0] == '\r': return 1;
            case Step.TrailerStart when rest[0] == '\n':
                _step = Step.End;
                return 1;

            case Step.TrailerStart:
                _step = Step.TrailerRest;
                return 1;
        }

        var end = rest.IndexOf((byte)'\n');
        if (end < 0) return rest.Length;

        // The size zero is the last chunk; trailer fields follow it.
        if (_step == Step.ChunkExtension && _left > 0) _step = Step.ChunkData;
        else _step = Step.TrailerStart;
        return end + 1;
    }

    private void StartSize()
    {
        _step = Step.ChunkSize;
        _left = 0;
        _hasDigits = false;
    }

    private static int HexDigit(byte letter) => letter switch
    {
        >= (byte)'0' and <= (byte)'9' => letter - '0',
        >= (byte)'a' and <= (byte)'f' => letter - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => letter - 'A' + 10,
        _ => -1,
    };
}
