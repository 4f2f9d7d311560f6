using NetSniff.Buffers;
using NetSniff.Protocols;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

internal enum ConversationMode : byte
{
    /// <summary>Nobody has claimed it yet; its first bytes are held.</summary>
    Probing,

    /// <summary>A parser reads it.</summary>
    Parsing,

    /// <summary>Nobody claimed its start; the starts of some more segments are looked at.</summary>
    Watching,
}

/// <summary>One direction: its order, what is held, what may still claim it.</summary>
internal sealed class ConversationHalf : StreamHalf
{
    /// <summary>Bytes shown to the parser and not consumed, or not shown yet.</summary>
    public byte[]? Held;
    public int HeldStart;
    public int HeldLength;

    /// <summary>The parser is not called before this many bytes are there.</summary>
    public int Needed;

    /// <summary>Lines of the protocol list that have not said no, bit by bit.</summary>
    public ulong Candidates;
    public uint FinSequence;
    public bool HasFin;
    public bool IsEnded;

    /// <summary>Its first bytes were looked at for what a load balancer puts before them.</summary>
    public bool IsBegun;

    /// <summary>The parser that read it was let go for a loss in the other direction, and nothing of this one has gone
    /// by unclaimed since: what comes next is a beginning, if it is one at all.</summary>
    public bool IsAtBeginning;

    /// <summary>Nothing waits for what comes before it, not even the end.</summary>
    public bool IsCalm => !HasPending && !HasFin;

    public ReadOnlySpan<byte> HeldBytes => Held.AsSpan(HeldStart, HeldLength);

    public void Release(BufferPool pool)
    {
        if (Held is { } held) pool.Return(held);
        (Held, HeldStart, HeldLength, Needed) = (null, 0, 0, 0);
    }

    public override void Reset(BufferPool pool)
    {
        Release(pool);
        base.Reset(pool);
        (Candidates, FinSequence, HasFin, IsEnded, IsBegun, IsAtBeginning) = (0, 0, false, false, false, false);
    }
}

/// <summary>What a shard knows of a TCP connection whose payload it reads. Pooled.</summary>
internal sealed class Conversation
{
    private readonly ConversationHalf _toServer = new();
    private readonly ConversationHalf _toClient = new();

    public Conversation() => Halves = [_toServer, _toClient];

    public ConversationHalf[] Halves { get; }

    public ConversationMode Mode;
    public StreamParser? Parser;

    /// <summary>Line in the protocol list of <see cref="Parser"/>.</summary>
    public int ParserIndex;

    /// <summary>Its beginning was not seen: it is older than the capture, or bytes were lost before anybody claimed it.
    /// </summary>
    public bool IsMidstream;

    /// <summary>Segments looked at since nobody claimed the start.</summary>
    public int Watched;

    /// <summary>Where <see cref="IsTorn"/>: whose segment was watched last.</summary>
    public int WatchedDirection;

    /// <summary>Of that segment: its half was at its beginning.</summary>
    public bool IsBeginningWatched;
    public bool IsLabelled;

    /// <summary>A parser lost its place and was let go: what follows may be anything, whatever the flow is called.
    /// </summary>
    public bool IsTorn;

    /// <param name="direction">0 to the server, 1 to the client.</param>
    public ConversationHalf Half(int direction) => direction == 0 ? _toServer : _toClient;

    public void Reset(BufferPool pool)
    {
        foreach (var half in Halves) half.Reset(pool);
        (Mode, Parser, ParserIndex, IsMidstream, Watched, IsLabelled, IsTorn) =
            (ConversationMode.Probing, null, 0, false, 0, false, false);
        (WatchedDirection, IsBeginningWatched) = (0, false);
    }
}
