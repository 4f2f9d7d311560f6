using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Status;

/// <summary>What each program took in, passed on and lost. Each counts since its own start, so each has its own table:
/// numbers of two that started at different times need not agree.</summary>
/// <param name="isWhole">Every line that counted anything; else what came in, what went out, and losses.</param>
internal sealed class StatusBalance(Action<string> title, OutputBuffer buffer, Line line, bool isWhole)
{
    /// <summary>Where what comes in and goes out is told, by stage.</summary>
    private static readonly HashSet<(string Stage, string What)> s_main =
    [
        ("capture", "received"), ("decode", "in a flow"), ("export", "records in"), ("spool", "records waiting"),
        ("spool", "records acknowledged"), ("ingest", "records in"), ("store", "records stored"),
        ("store", "records expired"),
    ];

    /// <param name="since">How long ago a moment was, in words; of 0 nothing is known.</param>
    public void Write(StatusAnswer answer, Func<long, string> since)
    {
        foreach (var sensor in answer.Sensors.Where(sensor => sensor.Status is not null))
        {
            Write(sensor.Node, since(sensor.Status.StartedNanos), sensor.Status.Ledger);
        }

        foreach (var worker in answer.Workers) Write(worker.Name, since(worker.StartedNanos), worker.Ledger);
    }

    private void Write(string where, string since, IEnumerable<LedgerEntry> ledger)
    {
        var lines = ledger.Where(entry => entry.Count != 0).ToList();
        if (lines.Count == 0) return;

        var shown = lines.Where(entry => isWhole || entry.IsLoss || s_main.Contains((entry.Stage, entry.What)))
            .ToList();
        title($"Balance of {where}{(since.Length > 0 ? $", which started {since}" : "")}");
        var grid = new Grid("STAGE", "WHAT", "COUNT", "") { Indent = 2 };
        foreach (var entry in shown)
        {
            var paint = entry.IsLoss ? Paint.Red : Paint.Plain;
            grid.Add(
                GridCell.Of(entry.Stage), GridCell.Of(entry.What + OfEarlier(entry), paint),
                GridCell.Number(Human.Count((ulong)Math.Max(0, entry.Count)), paint),
                GridCell.Of(entry.IsLoss ? "lost" : "", paint));
        }

        grid.Write(line, buffer);
        var left = lines.Count - shown.Count;
        var isLossless = !lines.Exists(entry => entry.IsLoss);
        if (left == 0 && !isLossless) return;

        line.Use(Paint.Dim);
        line.Own(isLossless ? "  nothing lost" : " ");
        if (left > 0) line.Own($"{(isLossless ? "; " : " ")}{left} more with --all");
        line.MoveTo(buffer);
        buffer.EndLine();
    }

    /// <summary>A spool's books are on disk beside it and outlive the program.</summary>
    private static string OfEarlier(LedgerEntry entry) =>
        entry is { Stage: "spool", IsLoss: true } or { Stage: "spool", What: "records acknowledged" }
            ? ", of earlier runs too"
            : "";
}
