using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Protocols.Http1;

/// <summary>A request that waits for its response.</summary>
internal sealed class Exchange
{
    /// <summary>Holds what a record shows of a request nobody saw: nothing.</summary>
    public static Exchange None { get; } = new();

    public HeaderBook Book { get; } = new();
    public TextSlice Method;
    public TextSlice Target;
    public TextSlice Version;
    public TextSlice Authority;
    public long StartNanos;
    public long EndNanos;

    /// <summary>When its first line was captured, however late it was read.</summary>
    public long SaidNanos;
    public ulong BodyBytes;
    public HttpProblem Problem;
    public RecordTraits Traits;
    public bool IsHead;
    public bool IsConnect;
    public bool HasVersion;

    /// <summary>Whether a response will be looked for; a line that is no request of HTTP gets none.</summary>
    public bool IsPaired;

    /// <summary>Asks for another protocol, so what the client says next waits for the answer.</summary>
    public bool AsksUpgrade;

    /// <summary>All of the request was read.</summary>
    public bool IsDone;

    public ReadOnlySpan<byte> Host => Book.Has(KnownHeader.Host) ? Book[KnownHeader.Host] : Book[Authority];

    public void Note(HttpProblem problem)
    {
        if (problem == HttpProblem.None) return;

        if (Problem == HttpProblem.None) Problem = problem;
        Traits |= problem.IsPeersFault() ? RecordTraits.Malformed : RecordTraits.Partial;
    }

    public void Clear()
    {
        Book.Clear();
        Method = Target = Version = Authority = default;
        StartNanos = EndNanos = SaidNanos = 0;
        BodyBytes = 0;
        Problem = HttpProblem.None;
        Traits = RecordTraits.None;
        IsHead = IsConnect = HasVersion = IsPaired = AsksUpgrade = IsDone = false;
    }
}

/// <summary>The response being read.</summary>
internal sealed class Answer
{
    /// <summary>Interim responses counted for one request; more are not listed.</summary>
    public const int InterimsMax = 8;

    /// <summary>What a request is told with that gets no response.</summary>
    private readonly ulong[] _interims = new ulong[InterimsMax];
    private int _interimCount;

    /// <summary>What a request is told with that gets no response.</summary>
    public static Answer None { get; } = new();

    public HeaderBook Book { get; } = new();
    public TextSlice Version;
    public long StartNanos;
    public long HeadNanos;
    public long EndNanos;
    public uint Status;
    public HttpProblem Problem;
    public RecordTraits Traits;

    /// <summary>A status line (or what stands for one) was read.</summary>
    public bool IsBegun;
    public bool IsHeadDone;
    public bool IsDone;
    public ulong BodyBytes;

    public ReadOnlySpan<ulong> Interims => _interims.AsSpan(0, _interimCount);

    public void AddInterim(uint status)
    {
        if (_interimCount < InterimsMax) _interims[_interimCount++] = status;
    }

    public void Note(HttpProblem problem)
    {
        if (problem == HttpProblem.None) return;

        if (Problem == HttpProblem.None) Problem = problem;
        Traits |= problem.IsPeersFault() ? RecordTraits.Malformed : RecordTraits.Partial;
    }

    /// <summary>Ready for the next message. The book keeps its texts until that begins: who takes over after an
    /// upgrade may want them.</summary>
    public void ClearMessage()
    {
        Version = default;
        StartNanos = HeadNanos = EndNanos = 0;
        Status = 0;
        IsBegun = IsHeadDone = IsDone = false;
        BodyBytes = 0;
    }

    public void Clear()
    {
        ClearMessage();
        _interimCount = 0;
        Problem = HttpProblem.None;
        Traits = RecordTraits.None;
    }
}

/// <summary>Requests without their responses, oldest first. Slots are filled on first need and used again until the
/// connection ends.</summary>
internal sealed class ExchangeQueue
{
    /// <summary>Requests a client may send ahead; those beyond are told without their responses.</summary>
    public const int PipelinedMax = 64;

    /// <summary>What stays for the next connection: where responses are lost, requests wait, and often.</summary>
    private const int StartSlots = 16;

    private Exchange?[] _ring = new Exchange?[StartSlots];
    private int _first;

    public int Count { get; private set; }

    public Exchange? Front => Count > 0 ? _ring[_first] : null;

    /// <summary>The one behind the front.</summary>
    public Exchange? Second => Count > 1 ? _ring[(_first + 1) & (_ring.Length - 1)] : null;

    public bool IsFull => Count == PipelinedMax;

    /// <summary>A clean slot at the end.</summary>
    public Exchange Add()
    {
        if (Count == _ring.Length) Grow();
        ref var slot = ref _ring[(_first + Count) & (_ring.Length - 1)];
        slot ??= ExchangePool.Current.Rent();
        slot.Clear();
        Count++;
        return slot;
    }

    /// <summary>Lets the oldest go; its texts stay readable until its slot is taken again.</summary>
    public void Remove()
    {
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
    }

    public void Reset()
    {
        foreach (ref var slot in _ring.AsSpan())
        {
            if (slot is not { } exchange) continue;

            ExchangePool.Current.Return(exchange);
            slot = null;
        }

        if (_ring.Length > StartSlots) _ring = new Exchange?[StartSlots];
        (_first, Count) = (0, 0);
    }

    private void Grow()
    {
        var larger = new Exchange?[_ring.Length * 2];
        for (var index = 0; index < _ring.Length; index++)
        {
            larger[index] = _ring[(_first + index) & (_ring.Length - 1)];
        }

        (_ring, _first) = (larger, 0);
    }
}
