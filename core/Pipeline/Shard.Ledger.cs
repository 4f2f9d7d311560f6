using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <content>The whole account: what the shard counted, and what its parts gave up at limits of their own.</content>
public sealed unsafe partial class Shard
{
    /// <summary>Read while the shard runs, lines may be a batch apart.</summary>
    public IEnumerable<LedgerLine> Ledger()
    {
        foreach (var line in Counters.Ledger()) yield return line;

        foreach (var line in LedgerOf(_defragmenter.Counters)) yield return line;

        yield return new("protocols", "texts cut or left out of records", Records.TextsCut, true);
        for (var index = 0; index < _datagramParsers.Length; index++)
        {
            if (_datagramParsers[index] is not { } parser) continue;

            foreach (var loss in parser.Losses)
            {
                yield return new("protocols", $"{_entries[index].Info.Name}: {loss.Reason}", loss.Count, true);
            }
        }
    }

    internal static IEnumerable<LedgerLine> LedgerOf(DefragCounters pieces)
    {
        yield return new("fragments", "datagrams that never got whole", pieces.TimedOut + pieces.Ended, true);
        yield return new("fragments", "datagrams given up at a cap", pieces.Evicted, true);
        yield return new("fragments", "pieces too many or too large", pieces.TooMany + pieces.TooLarge, true);
    }
}
