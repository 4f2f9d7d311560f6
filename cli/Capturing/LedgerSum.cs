using NetSniff.Cli.Outputs;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>One ledger of what came in and what was lost, from the capture to the last stage.</summary>
internal sealed class LedgerSum
{
    private readonly List<LedgerLine> _lines = [];
    private long _taken;
    private long _leftOut;
    private long _unexplained;

    public IReadOnlyList<LedgerLine> Lines => _lines;

    /// <summary>Frames the sources say they had for us; null where none of them counts.</summary>
    public long? Offered { get; private set; }

    /// <summary>Frames that should have been captured and were not.</summary>
    public long Lost { get; private set; }

    /// <summary>The capture's account in one line, such as `5 offered = 3 taken + 1 left out + 1 lost`; null where the
    /// source does not count what it offers.</summary>
    public string? Balance => Offered is not { } offered ? null : Text(offered);

    public void Add(CaptureCounters counters)
    {
        if (counters.Offered is { } offered) Offered = (Offered ?? 0) + offered;
        _taken += counters.Received;
        _leftOut += counters.Filtered + counters.Dropped - counters.Lost;
        Lost += counters.Lost;
        _unexplained += counters.Unexplained;
        Add(counters.Ledger());
    }

    public void Add(IEnumerable<LedgerLine> lines)
    {
        foreach (var line in lines) Add(line);
    }

    private string Text(long offered)
    {
        var sum = $"{Count(_taken)} taken + {Count(_leftOut)} left out + {Count(Lost)} lost";
        var text = $"{Count(offered)} offered = {sum}";
        return _unexplained == 0 ? text : $"{text} + {Count(_unexplained)} unexplained";
    }

    private static string Count(long count) => count < 0 ? $"-{Human.Count((ulong)-count)}" : Human.Count((ulong)count);

    // Threads count the same things: their lines become one, in the order they first came.
    private void Add(LedgerLine line)
    {
        var index = _lines.FindIndex(known => known.Stage == line.Stage && known.Reason == line.Reason);
        if (index < 0) _lines.Add(line);
        else _lines[index] = _lines[index] with { Count = _lines[index].Count + line.Count };
    }
}
