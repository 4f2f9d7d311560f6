using System.Runtime.CompilerServices;

namespace NetSniff.Protocols.Http1;

/// <summary>What the header fields of a message say about the length of its body (RFC 9112 section 6).</summary>
internal struct Framing
{
    private bool _hasLength;
    private bool _isLengthBad;
    private bool _isChunked;
    private bool _hasCoding;
    private ulong _length;

    public HttpProblem Problem { get; private set; }

    /// <summary>One Content-Length field. Lists of equal numbers count as one (RFC 9110 section 8.6); of different ones
    /// the first counts, as most servers see it.</summary>
    public void AddLength(ReadOnlySpan<byte> value)
    {
        if (TryReadShort(value, out var length))
        {
            AddOneLength(length);
            return;
        }

        while (!value.IsEmpty)
        {
            var comma = value.IndexOf((byte)',');
            AddLengthOf((comma < 0 ? value : value[..comma]).Trim(" \t\r"u8));
            value = comma < 0 ? default : value[(comma + 1)..];
        }
    }

    /// <summary>One Transfer-Encoding field.</summary>
    public void AddCoding(ReadOnlySpan<byte> value)
    {
        // What RFC 2616 wrote for "no coding at all", and some still send.
        if (Tokens.ListHas(value, "identity"u8)) return;

        _hasCoding = true;
        if (Tokens.ListHas(value, "chunked"u8)) _isChunked = true;
        else Note(HttpProblem.TransferCoding);
    }

    public MessageBody OfRequest() => _isChunked ? Chunked()
        : _hasLength ? MessageBody.OfLength(_length) : default;

    public MessageBody OfResponse() => _isChunked ? Chunked()
        : _hasLength && !_hasCoding ? MessageBody.OfLength(_length) : MessageBody.UntilClose();

    private MessageBody Chunked()
    {
        // Both at once is how requests are smuggled (RFC 9112 section 11.2); the coding wins.
        if (_hasLength || _isLengthBad) Note(HttpProblem.LengthConflict);
        return MessageBody.Chunked();
    }

    /// <summary>A number of so few digits that it cannot be too large.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadShort(ReadOnlySpan<byte> digits, out ulong length)
    {
        const int DigitsMax = 19;
        length = 0;
        if (digits.Length is 0 or > DigitsMax) return false;

        foreach (var digit in digits)
        {
            var value = (uint)(digit - '0');
            if (value > 9) return false;

            length = (length * 10) + value;
        }

        return true;
    }

    private void AddLengthOf(ReadOnlySpan<byte> digits)
    {
        var length = 0ul;
        var isGood = digits.Length > 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit) || length > (ulong.MaxValue - 9) / 10)
            {
                isGood = false;
                break;
            }

            length = (length * 10) + (ulong)(digit - '0');
        }

        if (isGood)
        {
            AddOneLength(length);
            return;
        }

        _isLengthBad = true;
        Note(HttpProblem.ContentLength);
    }

    private void AddOneLength(ulong length)
    {
        if (!_hasLength)
        {
            _hasLength = true;
            _length = length;
        }
        else if (length != _length)
        {
            Note(HttpProblem.LengthConflict);
        }
    }

    private void Note(HttpProblem problem)
    {
        if (Problem == HttpProblem.None) Problem = problem;
    }
}
