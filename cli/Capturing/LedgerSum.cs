using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>One ledger of what came in and what was lost, from the capture to the last stage.</summary>
internal sealed class LedgerSum
{
    private readonly List<LedgerLine> _lines = [];

    public IReadOnlyList<LedgerLine> Lines => _lines;

    public void Add(CaptureCounters counters)
    {
        Add(new LedgerLine("capture", "received", counters.Received, IsLoss: false));
        Add(new LedgerLine("capture", "left out by the filter", counters.Filtered, IsLoss: false));
        foreach (var drop in counters.Drops) Add(new LedgerLine(drop.Stage, drop.Reason, drop.Count, IsLoss: true));
        Add(new LedgerLine("capture", "times the ring was full", counters.Freezes, IsLoss: false));
    }

    public void Add(IEnumerable<LedgerLine> lines)
    {
        foreach (var line in lines) Add(line);
    }

    // Threads count the same things: their lines become one, in the order they first came.
    private void Add(LedgerLine line)
    {
        var index = _lines.FindIndex(known => known.Stage == line.Stage && known.Reason == line.Reason);
        if (index < 0) _lines.Add(line);
        else _lines[index] = _lines[index] with { Count = _lines[index].Count + line.Count };
    }
}
