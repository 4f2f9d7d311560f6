using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Status;

/// <summary>The state of everything on one page.</summary>
/// <param name="isWhole">Whether balances have every line.</param>
internal sealed class StatusPage(OutputBuffer buffer, Line line, TimeProvider clock, bool isWhole)
{
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>What waits longer than this on its way to the store is worth a colour.</summary>
    private const long LagNanosMax = 10 * NanosPerSecond;

    private readonly long _nowNanos = Timestamps.Nanos(clock.GetUtcNow());

    public void Write(StatusAnswer answer)
    {
        WriteWorkers(answer);
        if (answer.Workers.Any(worker => worker.Kinds.Count > 0)) WriteKinds(answer);
        WriteSensors(answer);
        new StatusBalance(Title, buffer, line, isWhole).Write(answer, Ago);
    }

    private void WriteWorkers(StatusAnswer answer)
    {
        Title("Workers");
        var grid = new Grid("NAME", "STATE", "UP", "RECORDS", "ON DISK", "LAG", "VERSION") { Indent = 2 };
        foreach (var worker in answer.Workers.OrderBy(worker => worker.Name, StringComparer.Ordinal))
        {
            grid.Add(
                GridCell.Of(worker.Name, Paint.Cyan),
                GridCell.Of("answers", Paint.Green),
                GridCell.Number(Human.Duration(Math.Max(0, _nowNanos - worker.StartedNanos))),
                GridCell.Number(Human.Count((ulong)worker.Kinds.Sum(kind => kind.Records))),
                GridCell.Number(Human.Size(worker.BytesOnDisk) + "B"),
                GridCell.Number(
                    Human.Duration(worker.LagNanos), worker.LagNanos > LagNanosMax ? Paint.Yellow : Paint.Plain),
                GridCell.Of(worker.Version, Paint.Dim));
        }

        foreach (var absence in answer.Completeness.Absent)
        {
            var blank = GridCell.Of("");
            grid.Add(
                GridCell.Of(absence.Worker, Paint.Cyan), GridCell.Of("absent", Paint.Red), blank, blank, blank, blank,
                GridCell.Of(absence.Why, Paint.Red));
        }

        grid.Write(line, buffer);
    }

    private void WriteKinds(StatusAnswer answer)
    {
        Title("Records");
        var grid = new Grid("KIND", "RECORDS", "OLDEST", "NEWEST") { Indent = 2 };
        var kinds = answer.Workers.SelectMany(worker => worker.Kinds).GroupBy(kind => kind.Kind)
            .OrderByDescending(kind => kind.Sum(one => one.Records));
        foreach (var kind in kinds)
        {
            grid.Add(
                GridCell.Of(kind.Key, Paint.Bold),
                GridCell.Number(Human.Count((ulong)kind.Sum(one => one.Records))),
                GridCell.Number(Ago(kind.Min(one => one.OldestNanos))),
                GridCell.Number(Ago(kind.Max(one => one.NewestNanos))));
        }

        grid.Write(line, buffer);
    }

    private void WriteSensors(StatusAnswer answer)
    {
        Title("Sensors");
        if (answer.Sensors.Count == 0)
        {
            line.Use(Paint.Dim);
            line.Own("  none has sent anything yet");
            line.Use(Paint.Plain);
            EndLine();
            return;
        }

        var grid = new Grid("NODE", "STATE", "WORKER", "RUNG", "WAITING", "OLDEST", "DROPPED", "VERSION")
        {
            Indent = 2,
        };
        foreach (var sensor in answer.Sensors.OrderBy(sensor => sensor.Node, StringComparer.Ordinal))
        {
            var lanes = sensor.Status?.Lanes ?? [];
            var waiting = lanes.Sum(lane => lane.RecordsWaiting);
            var dropped = lanes.Sum(lane => lane.RecordsDropped);
            var oldest = lanes.Select(lane => lane.OldestNanos).Where(nanos => nanos > 0).DefaultIfEmpty().Min();
            grid.Add(
                GridCell.Of(sensor.Node, Paint.Cyan),
                sensor.IsConnected ? GridCell.Of("connected", Paint.Green) : GridCell.Of("away", Paint.Red),
                GridCell.Of(sensor.Worker),
                GridCell.Of(sensor.Status?.Rung ?? ""),
                GridCell.Number(Human.Count((ulong)waiting)),
                GridCell.Number(oldest == 0 ? "" : Ago(oldest)),
                GridCell.Number(Human.Count((ulong)dropped), dropped > 0 ? Paint.Red : Paint.Plain),
                GridCell.Of(sensor.Version, Paint.Dim));
        }

        grid.Write(line, buffer);
    }

    private string Ago(long nanos) => nanos == 0 ? "" : Human.Duration(Math.Max(0, _nowNanos - nanos)) + " ago";

    private void Title(string text)
    {
        if (text != "Workers") buffer.EndLine();
        line.Use(Paint.Bold);
        line.Own(text);
        line.Use(Paint.Plain);
        EndLine();
    }

    private void EndLine()
    {
        line.MoveTo(buffer);
        buffer.EndLine();
    }
}
