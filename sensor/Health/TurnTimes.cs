using System.Diagnostics;
using NetSniff.Wire.Health;

namespace NetSniff.Sensor.Health;

/// <summary>How long the threads of the shards take for a batch: each has a histogram of its own.</summary>
public sealed class TurnTimes : IDisposable
{
    private readonly ThreadLocal<Turn> _turns = new(static () => new Turn(), trackAllValues: true);

    /// <summary>One for each thread that has worked so far.</summary>
    public IEnumerable<Histogram> All => _turns.Values.Select(turn => turn.Times);

    /// <summary>The calling thread begins a batch.</summary>
    public void Begin() => _turns.Value!.Start = Stopwatch.GetTimestamp();

    /// <summary>It is through. Without a begin before it says nothing.</summary>
    public void End()
    {
        var turn = _turns.Value!;
        if (turn.Start == 0) return;

        turn.Times.Record(Stopwatch.GetElapsedTime(turn.Start).TotalSeconds);
        turn.Start = 0;
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Turn
    {
        public Histogram Times { get; } = Histogram.OfTurns();

        public long Start { get; set; }
    }
}
