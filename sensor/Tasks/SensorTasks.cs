using NetSniff.Pipeline;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Keeping;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Tasks;

/// <summary>What workers set a sensor to do: cut packets, look less deep for a while.</summary>
public sealed class SensorTasks(
    PacketKeeping keeping, DepthFloor depth, Func<ControlHello> hello, TimeProvider clock) : ITaskRunner
{
    /// <summary>Tasks of all workers at one time.</summary>
    public const int TasksMax = 16;

    private int _running;
    private long _begun;
    private long _refused;

    /// <summary>Tasks that run now.</summary>
    public int Running => Volatile.Read(ref _running);

    public ControlHello Hello()
    {
        var said = hello();
        said.Kept = keeping.State();
        return said;
    }

    public IEnumerable<LedgerLine> Ledger()
    {
        if (Interlocked.Read(ref _begun) == 0) yield break;

        yield return new("tasks", "begun", Interlocked.Read(ref _begun), false);
        yield return new("tasks", "refused, too many at once", Interlocked.Read(ref _refused), false);
    }

    public async Task<TaskEnded> RunAsync(SensorTask task, ITaskPort port, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(port);
        Interlocked.Increment(ref _begun);
        try
        {
            if (Interlocked.Increment(ref _running) > TasksMax)
            {
                Interlocked.Increment(ref _refused);
                return Failed($"{TasksMax} tasks run on this sensor already");
            }

            return task.KindCase switch
            {
                SensorTask.KindOneofCase.Cut => await new PacketCut(keeping, task.Cut, port, clock)
                    .RunAsync(cancel).ConfigureAwait(false),
                SensorTask.KindOneofCase.Depth => await ChangeDepthAsync(task.Depth, port, cancel)
                    .ConfigureAwait(false),
                _ => Failed("a sensor of this version cannot do that"),
            };
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    internal static TaskEnded Failed(string reason) => new() { Outcome = TaskOutcome.Failed, Reason = reason };

    /// <summary>Holds the depth until the task ends, by whatever: then it goes back by itself.</summary>
    private async Task<TaskEnded> ChangeDepthAsync(ChangeDepth asked, ITaskPort port, CancellationToken cancel)
    {
        if (Ladder.Find(asked.Rung) is not { } rung)
        {
            return Failed($"there is no rung '{asked.Rung}': {string.Join(", ", Ladder.Lower)}");
        }

        using var held = depth.Hold(rung);
        await port.BeganAsync(keeping.State()).ConfigureAwait(false);
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancel).ConfigureAwait(false);
        return new TaskEnded();
    }
}
