using System.Runtime.InteropServices;
using NetSniff.Buffers;
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

    /// <summary>Status codes of interim responses, until the final one or the end is told with them.</summary>
    private readonly ulong[] _interims = new ulong[InterimsMax];
    private int _interimCount;

    /// <summary>Bytes kept of what follows `HTTP/`.</summary>
    public const int VersionBytesMax = sizeof(ulong);

    private HeaderBook? _book;
    private ulong _version;
    private int _versionLength;

    /// <summary>What a request is told with that gets no response.</summary>
    public static Answer None { get; } = new();

    /// <summary>From the pool, while one is being read and until it is told.</summary>
    public HeaderBook Book => _book ??= ExchangePool.Current.RentBook();
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

    /// <summary>What follows `HTTP/`; kept here, since nobody asks for it where the request said its own.</summary>
    public ReadOnlySpan<byte> Version => MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in _version))[.._versionLength];

    public void KeepVersion(ReadOnlySpan<byte> version)
    {
        _versionLength = Math.Min(version.Length, VersionBytesMax);
        var target = MemoryMarshal.AsBytes(new Span<ulong>(ref _version));
        ShortCopy.Copy(
            ref MemoryMarshal.GetReference(version), ref MemoryMarshal.GetReference(target), _versionLength);
    }

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

    public void Begin(long startNanos)
    {
        Book.Clear();
        StartNanos = startNanos;
        IsBegun = true;
    }

    /// <summary>Gives the book back: the response was told, and nobody will ask for its texts.</summary>
    public void Close(ExchangePool pool)
    {
        if (_book is null) return;

        pool.Return(_book);
        _book = null;
    }

    /// <summary>Ready for the next message. The book keeps its texts until that begins: who takes over after an
    /// upgrade may want them.</summary>
    public void ClearMessage()
    {
        _versionLength = 0;
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

/// <summary>Requests without their responses, oldest first. Their room comes from the pool and goes back as soon as
/// they are told: what was used last, by whichever connection, is nearest.</summary>
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

    /// <summary>A clean one at the end.</summary>
    public Exchange Add()
    {
        if (Count == _ring.Length) Grow();
        var exchange = ExchangePool.Current.Rent();
        _ring[(_first + Count) & (_ring.Length - 1)] = exchange;
        Count++;
        return exchange;
    }

    /// <summary>Lets the oldest go; who calls gives it back to the pool.</summary>
    public void Remove()
    {
        _ring[_first] = null;
        _first = --Count == 0 ? 0 : (_first + 1) & (_ring.Length - 1);
    }

    public void Reset()
    {
        while (Front is { } exchange)
        {
            Remove();
            ExchangePool.Current.Return(exchange);
        }

        if (_ring.Length > StartSlots) _ring = new Exchange?[StartSlots];
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
