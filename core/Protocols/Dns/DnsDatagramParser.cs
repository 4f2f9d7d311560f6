namespace NetSniff.Protocols.Dns;

/// <summary>DNS messages in datagrams, one each.</summary>
public abstract class DnsDatagramParser : DatagramParser
{
    /// <summary>Questions that may wait on one shard.</summary>
    public const int PendingMax = 65_536;

    private const int PendingChunk = 1024;

    private readonly DnsPairing _pairing;

    private protected DnsDatagramParser(bool isMulticast) => _pairing = new(
        isMulticast ? PendingChunk : PendingMax, PendingChunk, isMulticast, isTcp: false);

    /// <summary>Questions given up before their time because there was no room for more.</summary>
    public long Evicted => _pairing.Evicted;

    /// <summary>Questions that wait for an answer now.</summary>
    public int Pending => _pairing.Pending;

    public override DatagramResult Parse(ReadOnlySpan<byte> bytes, Direction direction, ParseContext context)
    {
        // The word stays, as it would had another flow's message come first, and is found stale.
        var word = context.Slot;
        _pairing.GiveUpOverdue(context, ref word);
        return _pairing.TryTake(bytes, direction, context, ref context.Slot)
            ? DatagramResult.Done
            : DatagramResult.Broken;
    }

    public override void EndFlow(ParseContext context) => _pairing.EndFlow(context, ref context.Slot);

    public override IEnumerable<ParserLoss> Losses => [new("questions given up at the cap", Evicted)];

    public override void Reset() => _pairing.Clear();

    /// <summary>Whether a datagram on a multicast protocol's port is one of its messages.</summary>
    private protected static bool IsMulticast(ReadOnlySpan<byte> bytes, ProbeHints hints) =>
        DnsShape.IsSurely(bytes, isMulticast: true) || (hints.IsCut && DnsShape.IsBeginning(bytes, out _));
}
