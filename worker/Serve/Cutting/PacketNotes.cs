using System.Globalization;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>What is missing, in words that stand in the file.</summary>
internal static class PacketNotes
{
    private const int LossesMax = 16;
    private const int LinesMax = 256;

    public static string Beginning(PacketSelection selection, Completeness completeness) => string.Join('\n', (string[])
    [
        $"netsniff: {selection.Words()}",
        .. Lines(completeness).Take(LinesMax),
    ]);

    /// <param name="known">Absent sensors that the beginning names already.</param>
    public static string End(Completeness completeness, int known) => string.Join('\n', (string[])
    [
        .. completeness.AbsentSensors.Skip(known).Take(LinesMax)
            .Select(static one => $"incomplete: {one.Worker}: {one.Why}"),
        .. completeness.Notes.Take(LinesMax),
    ]);

    private static IEnumerable<string> Lines(Completeness completeness)
    {
        foreach (var one in completeness.Absent) yield return $"incomplete: worker {one.Worker}: {one.Why}";
        foreach (var one in completeness.AbsentSensors) yield return $"incomplete: {one.Worker}: {one.Why}";
        foreach (var note in completeness.Notes) yield return note;
        foreach (var loss in completeness.Losses.Take(LossesMax))
        {
            var count = loss.Count.ToString(CultureInfo.InvariantCulture);
            yield return $"lost since the sensor began: {loss.Stage} {loss.What}: {count}";
        }
    }
}
