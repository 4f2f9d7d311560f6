using NetSniff.Pipeline;

namespace NetSniff.Sensor.Capture;

/// <param name="Stage">Where: `interface`, `kernel`, `capture`, `recorded`.</param>
/// <param name="Reason">Why, as a word: `ring-full`.</param>
public readonly record struct NamedCount(string Stage, string Reason, long Count);

/// <summary>Frames since the capture was opened. Once it has ended, offered = received + filtered + dropped.</summary>
/// <param name="Received">Handed out by <see cref="PacketCapture.Receive"/>.</param>
/// <param name="Filtered">Seen in user space and left out because the user asked for that: filter, direction. What a
/// filter in the kernel rejects is never seen and not counted.</param>
/// <param name="Drops">Lost, or left out for a reason of our own.</param>
/// <param name="Freezes">Times the kernel found its ring full.</param>
/// <param name="Offered">What the source says it had for us, with the lost; null where it does not count.</param>
public sealed record CaptureCounters(
    long Received, long Filtered, IReadOnlyList<NamedCount> Drops, long Freezes = 0, long? Offered = null)
{
    /// <summary>The stage of drops that are a choice and no loss.</summary>
    public const string ChosenStage = "capture";

    public long Dropped => Drops.Sum(drop => drop.Count);

    /// <summary>Frames that should have been received and were not.</summary>
    public long Lost => Drops.Where(drop => drop.Stage != ChosenStage).Sum(drop => drop.Count);

    /// <summary>Frames offered of which nobody knows what became of them. Until the capture has ended these are the
    /// ones that wait in it.</summary>
    public long Unexplained => Offered is { } offered ? offered - Received - Filtered - Dropped : 0;

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("capture", "offered", Offered ?? 0, IsLoss: false);
        yield return new("capture", "received", Received, IsLoss: false);
        yield return new("capture", "left out by the filter", Filtered, IsLoss: false);
        foreach (var drop in Drops) yield return new(drop.Stage, drop.Reason, drop.Count, drop.Stage != ChosenStage);

        yield return new("capture", "times the ring was full", Freezes, IsLoss: false);
        yield return new("capture", "unexplained", Unexplained, IsLoss: true);
    }
}
