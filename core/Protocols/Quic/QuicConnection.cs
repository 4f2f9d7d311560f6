using NetSniff.Buffers;
using NetSniff.Protocols.Tls;

namespace NetSniff.Protocols.Quic;

/// <summary>One direction of a handshake: its CRYPTO bytes and how far they were read.</summary>
internal sealed class QuicSide(int helloBytesMax)
{
    public PieceBuffer Crypto { get; } = new(helloBytesMax);
    public int CryptoRead;
    public int Initials;
    public long LargestNumber = -1;

    public void Reset(BufferPool pool)
    {
        Crypto.Reset(pool);
        (CryptoRead, Initials, LargestNumber) = (0, 0, -1);
    }
}

/// <summary>What is remembered of a connection until its hellos were read. Pooled.</summary>
internal sealed class QuicConnection : FlowState, IDisposable
{
    /// <summary>Bytes of CRYPTO frames kept of the client: hellos with post-quantum keys are 2 KiB, with many names 8.
    /// </summary>
    public const int ClientHelloBytesMax = 32 * 1024;

    /// <summary>Of the server: a ServerHello, perhaps a retry before it.</summary>
    public const int ServerHelloBytesMax = 8 * 1024;

    /// <summary>Versions kept of a server's list.</summary>
    public const int VersionsMax = 16;

    private readonly byte[] _ids = new byte[3 * LongHeader.ConnectionIdBytesMax];
    private readonly ulong[] _versions = new ulong[VersionsMax];
    private int _targetIdLength;
    private int _sourceIdLength;
    private int _serverIdLength;
    private int _versionsCount;

    public InitialKeys Keys = new();

    public QuicSide Client { get; } = new(ClientHelloBytesMax);
    public QuicSide Server { get; } = new(ServerHelloBytesMax);
    public TlsHandshake Handshake { get; } = new();
    public GoogleHello Google { get; } = new();
    public long StartNanos;
    public long AskedNanos;
    public long AnswerNanos;
    public uint Version;
    public uint VersionSelected;
    public int Datagrams;
    public ulong CloseCode;
    public bool HasClose;
    public bool IsCloseFromServer;
    public bool IsRetried;
    public bool IsNegotiated;
    public bool IsEarlyDataSeen;

    /// <summary>The capture left out the end of something that was read as far as it went.</summary>
    public bool IsCut;
    public QuicProblem Problem;

    public ReadOnlySpan<byte> TargetId => _ids.AsSpan(0, _targetIdLength);
    public ReadOnlySpan<byte> SourceId => _ids.AsSpan(LongHeader.ConnectionIdBytesMax, _sourceIdLength);
    public ReadOnlySpan<byte> ServerId => _ids.AsSpan(2 * LongHeader.ConnectionIdBytesMax, _serverIdLength);
    public ReadOnlySpan<ulong> Versions => _versions.AsSpan(0, _versionsCount);

    /// <summary>The beginning was seen: an answer before it, or to what was not captured, has no latency.</summary>
    public bool HasLatency => _targetIdLength > 0 && AnswerNanos != 0 && AnswerNanos >= AskedNanos;

    public bool HasHello => Handshake.HasClientHello || Google.IsRead;

    /// <summary>Both hellos were read, or whatever Google's handshake shows.</summary>
    public bool IsComplete =>
        (Handshake.HasClientHello && Handshake.HasServerHello) || (Google.IsRead && AnswerNanos != 0) || HasClose;

    /// <summary>Takes what the first packet seen of the client says in clear.</summary>
    public void Name(in LongHeader header, long nowNanos)
    {
        (Version, AskedNanos) = (header.Version, nowNanos);
        _sourceIdLength = Keep(header.SourceId, 1);
    }

    /// <summary>Takes the id that the client made up for the server. Only its very first packets have it.</summary>
    public void NameTarget(ReadOnlySpan<byte> id)
    {
        if (_targetIdLength == 0 && !IsRetried) _targetIdLength = Keep(id, 0);
    }

    public void NameServer(ReadOnlySpan<byte> id)
    {
        if (_serverIdLength == 0) _serverIdLength = Keep(id, 2);
    }

    public void TakeVersions(ReadOnlySpan<byte> versions)
    {
        IsNegotiated = true;
        for (_versionsCount = 0; versions.Length >= 4 && _versionsCount < VersionsMax; versions = versions[4..])
        {
            _versions[_versionsCount++] = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(versions);
        }
    }

    public void Note(QuicProblem problem)
    {
        if (Problem == QuicProblem.None) Problem = problem;
    }

    public void Reset(BufferPool pool)
    {
        Keys.Forget();
        Client.Reset(pool);
        Server.Reset(pool);
        Handshake.Reset();
        Google.Reset();
        (StartNanos, AskedNanos, AnswerNanos, CloseCode) = (0, 0, 0, 0);
        (Version, VersionSelected, Datagrams) = (0, 0, 0);
        HasClose = IsCloseFromServer = IsRetried = IsNegotiated = IsEarlyDataSeen = IsCut = false;
        (_targetIdLength, _sourceIdLength, _serverIdLength, _versionsCount) = (0, 0, 0, 0);
        Problem = QuicProblem.None;
    }

    public void Dispose() => Keys.Dispose();

    /// <summary>Whether a packet goes to or comes from an end that chose another id for itself: whoever runs several
    /// connections between two sockets tells them apart by that (RFC 9000 section 5.1), and keeps it while hands are
    /// shaken (section 7.2).</summary>
    public bool IsStranger(in LongHeader header, bool isFromClient)
    {
        if (SourceId.IsEmpty || IsNegotiated || header.Dialect != QuicDialect.Standard) return false;
        return !SourceId.SequenceEqual(isFromClient ? header.SourceId : header.TargetId);
    }

    private int Keep(ReadOnlySpan<byte> id, int place)
    {
        id.CopyTo(_ids.AsSpan(place * LongHeader.ConnectionIdBytesMax));
        return id.Length;
    }
}
