namespace NetSniff.Streams;

/// <summary>What became of the pieces of datagrams, and why.</summary>
/// <remarks>Every piece ends in exactly one of the last five: <c>Pieces == Whole + Late + Incomplete + Uncredited +
/// Held</c>.</remarks>
public struct DefragCounters
{
    /// <summary>Datagrams, by their end.</summary>
    public long Reassembled, TimedOut, Evicted, Ended;

    /// <summary>Pieces that repeat bytes which are there already, and those among them that say other bytes or
    /// another length.</summary>
    public long Overlaps, Conflicts;

    /// <summary>Pieces that end beyond the largest datagram, that are one too many, that the capture cut, and inner
    /// ones that are no multiple of eight bytes (RFC 791 section 3.2).</summary>
    public long TooLarge, TooMany, Cut, Misaligned;

    /// <summary>Pieces in; out with a whole datagram, after one, or with an incomplete one.</summary>
    public long Pieces, WholePieces, LatePieces, IncompletePieces;

    /// <summary>Pieces of evicted datagrams that nobody took in time.</summary>
    public long UncreditedPieces;

    /// <summary>Pieces of datagrams still gathered or waiting to be taken.</summary>
    public readonly long HeldPieces => Pieces - WholePieces - LatePieces - IncompletePieces - UncreditedPieces;
}
