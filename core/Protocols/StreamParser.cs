namespace NetSniff.Protocols;

/// <summary>Follows both directions of one TCP connection. It owns nothing but its own state and goes back to the pool
/// by <see cref="Reset"/>.</summary>
public abstract class StreamParser
{
    /// <summary>Takes bytes in order. What it does not consume is shown again, longer.</summary>
    /// <param name="bytes">Lent for the call. Never empty.</param>
    public abstract ParseResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context);

    /// <summary>Takes bytes that say nothing but how many they are: they lie inside a body, with more of it to come.
    /// Called before <see cref="Parse"/> where nothing is held, without anything else known of the flow.</summary>
    /// <returns>Whether they were taken, all of them; if not, none was.</returns>
    public virtual bool TryPass(ReadOnlySpan<byte> bytes, Direction direction, long nowNanos) => false;

    /// <summary>Bytes of one direction are missing from here on; any held ones were given up. The parser says whether
    /// it can find its place in what follows.</summary>
    /// <param name="missing">How many, or -1 when that is not known.</param>
    public virtual bool TryResync(Direction direction, long missing, ParseContext context) => false;

    /// <summary>Takes over the connection from another parser that returned <see cref="ParseStatus.Upgrade"/>.
    /// </summary>
    public virtual void Inherit(StreamParser previous, ParseContext context) { }

    /// <summary>One side said its last byte (FIN).</summary>
    public virtual void EndDirection(Direction direction, ParseContext context) { }

    /// <summary>The connection is over: emit what is still open, marked partial.</summary>
    public virtual void End(ParseContext context) { }

    /// <summary>Leaves no trace of the last connection.</summary>
    public abstract void Reset();
}

/// <summary>Reads the datagrams of all flows of a shard: one instance a shard. What it must remember of a flow it keeps
/// in a bounded table of its own, found again by <see cref="ParseContext.Slot"/>.</summary>
public abstract class DatagramParser
{
    /// <returns>Whether the datagram was understood. Broken ones are counted; a flow whose datagrams stay broken is no
    /// longer shown.</returns>
    public abstract DatagramResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context);

    /// <summary>A flow ended whose <see cref="ParseContext.Slot"/> is not zero and says not that nothing is open: emit
    /// what is, free the slot.</summary>
    public virtual void EndFlow(ParseContext context) { }

    /// <summary>Whether a datagram of a flow that it has finished with begins something new there. Asked only where
    /// <see cref="ParseContext.Slot"/> was left with <see cref="ParseContext.NothingOpen"/>, and for datagrams that
    /// begin with <see cref="FirstAgainMin"/> or more.</summary>
    /// <param name="direction">The flow's.</param>
    /// <param name="word">What was left.</param>
    public virtual Verdict BeginsAgain(ReadOnlySpan<byte> bytes, Direction direction, uint word) => Verdict.No;

    /// <summary>Fixed, so that the rest of a connection costs a compare: QUIC's long headers.</summary>
    public const byte FirstAgainMin = 0xc0;

    /// <summary>What it gave up at its limits, for the loss ledger: each limit with a reason of its own.</summary>
    public virtual IEnumerable<ParserLoss> Losses => [];

    public abstract void Reset();
}

/// <param name="Reason">In the ledger's words, behind the protocol's name.</param>
public readonly record struct ParserLoss(string Reason, long Count);

public enum DatagramResult : byte
{
    Done,
    Broken,

    /// <summary>Understood, and nothing more will be said about this flow (an encrypted rest): do not show the rest.
    /// </summary>
    Finished,
}

public enum ParseStatus : byte
{
    /// <summary>Consumed what it could use; the rest (if any) is shown again right away, so consume all or say More.
    /// </summary>
    Done,

    /// <summary>Needs at least <see cref="ParseResult.Needed"/> bytes from the consumed point on.</summary>
    More,

    /// <summary>Not, or no longer, this protocol: the stream lets go of the parser.</summary>
    Broken,

    /// <summary>Has seen enough of this connection: show nothing more.</summary>
    Finished,

    /// <summary>From the consumed point on another protocol speaks, in both directions.</summary>
    Upgrade,
}

/// <summary>How far a parse came. Every byte is either consumed or shown again.</summary>
public readonly record struct ParseResult(ParseStatus Status, int Consumed, int Needed)
{
    public static ParseResult Done(int consumed) => new(ParseStatus.Done, consumed, 0);

    /// <param name="needed">Bytes wanted from the consumed point on; more than are there now.</param>
    public static ParseResult More(int consumed, int needed) => new(ParseStatus.More, consumed, needed);

    public static ParseResult Broken(int consumed) => new(ParseStatus.Broken, consumed, 0);

    public static ParseResult Finished(int consumed) => new(ParseStatus.Finished, consumed, 0);

    public static ParseResult Upgrade(int consumed) => new(ParseStatus.Upgrade, consumed, 0);
}
