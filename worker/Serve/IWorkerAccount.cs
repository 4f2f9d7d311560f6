using NetSniff.Pipeline;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve;

/// <summary>What a worker can say of itself and of those who send to it.</summary>
public interface IWorkerAccount
{
    string Name { get; }

    string Version { get; }

    long StartedNanos { get; }

    /// <summary>How long the newest batch that waits has been on its way to the store; 0 when none waits.</summary>
    long LagNanos { get; }

    /// <summary>The balance of this worker's stages.</summary>
    IEnumerable<LedgerLine> Ledger();

    /// <summary>Each sensor, with the last it told of itself.</summary>
    IEnumerable<SensorState> Sensors();
}

/// <summary>Says what an answer lacks.</summary>
internal static class Accounts
{
    /// <summary>What waits no longer than this is on its usual way, and nothing to tell.</summary>
    private const long StillOnTheWayNanos = 5_000_000_000;

    /// <summary>What is known to be lost or still under way. Losses are told as they stand, whatever the time asked
    /// about, but for sensors that have been silent since before it.</summary>
    public static Completeness Completeness(this IWorkerAccount account, long sinceNanos, long untilNanos)
    {
        var completeness = new Completeness { Workers = 1 };
        foreach (var line in account.Ledger())
        {
            if (line.IsLoss && line.Count != 0) completeness.Losses.Add(Entry(line, account.Name));
        }

        foreach (var sensor in account.Sensors())
        {
            if (sensor.Status is not { } status || !Touches(status, sinceNanos)) continue;

            foreach (var entry in status.Ledger.Where(
                static entry => entry.IsLoss && entry.Count != 0 && entry.Stage != PacketStage.Name))
            {
                var named = entry.Clone();
                named.Stage = $"{sensor.Node}/{entry.Stage}";
                completeness.Losses.Add(named);
            }

            var old = status.TimeNanos - StillOnTheWayNanos;
            var before = untilNanos == 0 ? old : Math.Min(old, untilNanos);
            var waiting = status.Lanes.Where(lane => lane.OldestNanos < before)
                .Sum(lane => lane.RecordsWaiting);
            if (waiting > 0)
            {
                completeness.Losses.Add(new LedgerEntry
                {
                    Stage = $"{sensor.Node}/spool", What = "still waiting at the sensor", Count = waiting,
                });
            }
        }

        return completeness;
    }

    public static LedgerEntry Entry(LedgerLine line, string where) =>
        new() { Stage = $"{where}/{line.Stage}", What = line.Reason, Count = line.Count, IsLoss = line.IsLoss };

    private static bool Touches(SensorStatus status, long sinceNanos) =>
        status.TimeNanos >= sinceNanos || status.Lanes.Any(lane => lane.RecordsWaiting > 0);
}
