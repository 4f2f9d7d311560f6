using NetSniff.Cli.Outputs;
using NetSniff.Pipeline;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Servers;

/// <summary>Tells, beside an answer, what it lacks.</summary>
internal sealed class CompletenessTalk(Terminal terminal)
{
    /// <summary>Losses named one by one; the rest is a number.</summary>
    private const int NamedMax = 3;

    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);
    private List<LedgerEntry> _losses = [];

    /// <summary>Whether any worker has said anything.</summary>
    public bool HasAnswer { get; private set; }

    /// <summary>Whether a worker did not answer.</summary>
    public bool IsPartial => _absent.Count > 0;

    public void Hear(Completeness completeness)
    {
        HasAnswer = true;
        foreach (var absence in completeness.Absent)
        {
            if (!_absent.Add(absence.Worker)) continue;

            terminal.Say($"incomplete: {absence.Worker} did not answer: {absence.Why}");
        }

        foreach (var back in _absent.Except(completeness.Absent.Select(absence => absence.Worker)).ToList())
        {
            _absent.Remove(back);
            terminal.Say($"complete again: {back} answers");
        }

        if (completeness.IsCut) terminal.Say("there is more: a limit of the worker cut the answer");
        _losses = [.. completeness.Losses];
    }

    /// <summary>In one line, if there is anything to say.</summary>
    public void SayLosses()
    {
        if (_losses.Count == 0) return;

        var named = _losses.OrderByDescending(entry => entry.Count).Take(NamedMax)
            .Select(entry => $"{entry.Stage} {entry.What} {Human.Count((ulong)entry.Count)}");
        var more = _losses.Count > NamedMax ? $", and {_losses.Count - NamedMax} more" : "";
        terminal.Say($"not in the store: {string.Join(", ", named)}{more}; `netsniff status` has the balance");
    }

    /// <summary>The same for a summary's ledger.</summary>
    /// <param name="missed">What this program was too slow for.</param>
    public IReadOnlyList<LedgerLine> Ledger(ulong missed)
    {
        List<LedgerLine> lines =
            [.. _losses.Select(entry => new LedgerLine(entry.Stage, entry.What, entry.Count, entry.IsLoss))];
        if (missed > 0) lines.Add(new LedgerLine("follow", "missed", (long)missed, true));
        return lines;
    }
}
