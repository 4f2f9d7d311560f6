using NetSniff.Pipeline;

namespace NetSniff.Cli.Hosting;

/// <summary>Tells of what is lost or left out that no load explains and that somebody should look into, each once: the
/// ledger goes on counting.</summary>
/// <param name="reasons">Lines of the ledger, as `stage: reason`.</param>
internal sealed class LossTalk(params IEnumerable<string> reasons)
{
    private readonly HashSet<string> _untold = new(reasons, StringComparer.Ordinal);

    public static LossTalk OfSensor() => new(
        "spool: records in entries that are no batch",
        "spool: files that end torn");

    public static LossTalk OfWorker() => new(
        "ingest: files of the log that end torn",
        "store: records damaged or of unknown kinds",
        "store: records the store could not take",
        "store: entries of the log passed over",
        "store: columns of fields unknown here",
        "store: hours set aside as damaged");

    /// <returns>Lines to say.</returns>
    public List<string> Hear(IEnumerable<LedgerLine> ledger)
    {
        List<string> lines = [];
        if (_untold.Count == 0) return lines;

        foreach (var line in ledger)
        {
            if (line.Count > 0 && _untold.Remove($"{line.Stage}: {line.Reason}"))
            {
                lines.Add($"lost: {line.Stage}: {line.Reason}: {line.Count} so far; said once, the ledger counts on");
            }
        }

        return lines;
    }
}
