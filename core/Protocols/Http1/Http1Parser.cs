using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

/// <summary>HTTP/1.0 and 1.1 (RFC 9112), and 0.9 where a client still speaks it: one record per exchange.</summary>
/// <remarks>Heads are read line by line as they come, bodies are walked over: at most one line is ever held. Both sides
/// keep their own place; a request waits in a queue for the response that answers it. What breaks the grammar is told
/// (<see cref="HttpRecord.Problem"/>) and read on as most servers would.</remarks>
public sealed partial class Http1Parser : StreamParser, IProtocol, IUpgradedRequest
{
    /// <summary>Longest line, with its continuations, that is waited for; the rest of a longer one is
    /// skipped.</summary>
    public const int LineBytesMax = 32 * 1024;

    /// <summary>A head longer than this is told as `head-too-long`; it is read on, since its end must be
    /// found.</summary>
    public const int HeadBytesMax = 64 * 1024;

    private readonly ExchangeQueue _open = new();
    private readonly Exchange _loner = new();
    private readonly Answer _answer = new();
    private byte[] _unfolded = [];
    private Side _client;
    private Side _server;
    private Framing _requestFraming;
    private Framing _answerFraming;

    /// <summary>The request being read, or last read.</summary>
    private Exchange _request;

    /// <summary>The request that got its 101 or its tunnel.</summary>
    private Exchange _upgraded;

    /// <summary>Requests that found the queue full: so many responses will have none.</summary>
    private int _unqueued;

    /// <summary>The client was seen to send a request before the last one was answered.</summary>
    private bool _isPipelining;

    /// <summary>Requests or responses were lost, and nobody knows how many: which response is for which request is not
    /// known until <see cref="TryPairAgain"/>. Both are told alone.</summary>
    private bool _isUnpaired;

    /// <summary>A request was lost whose response must have come, or must come yet, for no request that was seen.
    /// </summary>
    private bool _isAnswerOwed;

    /// <summary>A response was told alone since the last pair.</summary>
    private bool _hasLoneAnswer;

    /// <summary>When the last response that was seen began.</summary>
    private long _answeredNanos;

    private ParseStatus _ending;

    public Http1Parser() => _request = _upgraded = _loner;

    private enum Phase : byte
    {
        /// <summary>Between messages.</summary>
        Start,
        Headers,
        Body,

        /// <summary>The rest of a line that was too long, before more headers.</summary>
        LongLine,

        /// <summary>The place was lost, perhaps within a word.</summary>
        Torn,

        /// <summary>Looks at line starts for a message.</summary>
        Seek,

        /// <summary>In a line that is no message's first.</summary>
        SeekLine,

        /// <summary>The client asked for another protocol and has to wait for the answer.</summary>
        Wait,
    }

    private struct Side
    {
        public Phase Phase;

        /// <summary>A gap made it seek, so messages may have been lost.</summary>
        public bool IsAfterGap;

        /// <summary>FIN was seen.</summary>
        public bool IsEnded;

        /// <summary>A sound message was seen.</summary>
        public bool IsTrusted;

        /// <summary>Bytes of the held line known to be free of its end, so that a slow line is not searched again.
        /// </summary>
        public int Searched;
        public int HeadBytes;
        public long StartNanos;
        public MessageBody Body;
    }

    public static ProtocolInfo Info { get; } = new(
        "http", Transport.Stream, Ports: [80, 8080, 8000, 8888, 3128, 8081], HeldBytesMax: 2 * LineBytesMax,
        "HTTP/1.x: requests with their responses, timings, sizes and headers.");

    ReadOnlySpan<byte> IUpgradedRequest.Method => _upgraded.Book[_upgraded.Method];

    ReadOnlySpan<byte> IUpgradedRequest.Uri => _upgraded.Book[_upgraded.Target];

    ReadOnlySpan<byte> IUpgradedRequest.Host => _upgraded.Host;

    long IUpgradedRequest.StartNanos => _upgraded.StartNanos;

    bool IUpgradedRequest.IsPartial => !_upgraded.IsDone || (_upgraded.Traits & RecordTraits.Partial) != 0;

    /// <summary>Header fields of the response that agreed to the upgrade, lent for <see cref="StreamParser.Inherit"/>.
    /// </summary>
    internal HeaderBook UpgradeAnswer => _answer.Book;

    /// <summary>Bytes of the client were lost while it waited for the answer, or its request is not all there yet:
    /// what comes next of it is no beginning.</summary>
    internal bool IsClientTorn => _client.IsAfterGap || _client.Phase is not (Phase.Start or Phase.Wait);

    public static Verdict Probe(ReadOnlySpan<byte> bytes, Direction direction, ProbeHints hints) =>
        Http1Probe.Judge(bytes, direction, hints);

    public override ParseResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        _ending = ParseStatus.Done;
        var position = 0;
        while (position < bytes.Length)
        {
            var rest = bytes[position..];
            var taken = direction == Direction.ToServer ? ParseClient(rest, context) : ParseServer(rest, context);
            if (_ending != ParseStatus.Done) return new ParseResult(_ending, position + Math.Max(taken, 0), 0);
            if (taken == NeedsMore) return ParseResult.More(position, rest.Length + 1);
            position += taken;
        }

        return ParseResult.Done(position);
    }

    public override bool TryPass(ReadOnlySpan<byte> bytes, Direction direction, long nowNanos)
    {
        if (direction == Direction.ToServer) return _client.Phase == Phase.Body && _client.Body.TryPass(bytes.Length);

        // The first bytes may show that there is no body.
        if (_server.Phase != Phase.Body || _server.Body.Bytes == 0 || !_server.Body.TryPass(bytes.Length)) return false;

        _answer.EndNanos = nowNanos;
        return true;
    }

    public override void Reset()
    {
        _open.Reset();
        if (_upgraded != _loner && _upgraded != Exchange.None) ExchangePool.Current.Return(_upgraded);
        _loner.Clear();
        _loner.Book.Reset();
        _answer.Clear();
        _answer.Close(ExchangePool.Current);
        _client = _server = default;
        _request = _upgraded = _loner;
        _unqueued = 0;
        _isPipelining = _isUnpaired = _isAnswerOwed = _hasLoneAnswer = false;
        _answeredNanos = 0;
        _firstWordsLength = 0;
    }
}
