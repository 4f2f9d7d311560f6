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
        if (IsNumber(value))
        {
            AddOneLength(value);
            return;
        }

        while (!value.IsEmpty)
        {
            var comma = value.IndexOf((byte)',');
            AddOneLength((comma < 0 ? value : value[..comma]).Trim(" \t\r"u8));
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

    private static bool IsNumber(ReadOnlySpan<byte> value)
    {
        foreach (var digit in value)
        {
            if (!char.IsAsciiDigit((char)digit)) return false;
        }

        return !value.IsEmpty;
    }

    private void AddOneLength(ReadOnlySpan<byte> digits)
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

        if (!isGood)
        {
            _isLengthBad = true;
            Note(HttpProblem.ContentLength);
        }
        else if (!_hasLength)
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
