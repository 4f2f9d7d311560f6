using System.Globalization;
using NetSniff.Pipeline;

namespace NetSniff.Cli.Hosting;

/// <summary>What a sensor says when it ends: what came in, what went out, what was lost on the way.</summary>
internal static class SensorTalk
{
    public static void Balance(Terminal terminal, IReadOnlyList<LedgerLine> ledger)
    {
        foreach (var stage in ledger.Where(static line => line.Count != 0).GroupBy(static line => line.Stage))
        {
            var parts = stage.Select(static line => string.Create(
                CultureInfo.InvariantCulture, $"{line.Reason} {line.Count}{(line.IsLoss ? " (lost)" : "")}"));
            terminal.Say($"{stage.Key}: {string.Join(", ", parts)}");
        }
    }
}
