using System.Diagnostics;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>A target with the inputs that found new ground, and what came of it.</summary>
internal sealed class FuzzLane(FuzzTarget target)
{
    public FuzzTarget Target => target;

    public List<FuzzInput> Inputs { get; } = [];

    public Novelty Novelty { get; } = new();

    public int Seeds { get; set; }

    public long Runs { get; set; }

    public long Ticks { get; set; }

    public int Failures { get; set; }

    public double RunsPerSecond => Ticks == 0 ? 0 : Runs * (double)Stopwatch.Frequency / Ticks;
}

/// <summary>Feeds all targets in turn, a slice of time each, and keeps the inputs that did something new.</summary>
/// <remarks>One thread, and all chance from one seed: without a time limit a run is the same every time.</remarks>
internal sealed class FuzzLoop(
    IReadOnlyList<FuzzTarget> targets, int seed, Findings findings, Watchdog? watchdog, CurrentInput? current)
{
    private const int InputsMax = 1500;
    private const int FailuresPerLaneMax = 20;
    private const int RunsBetweenLooks = 16;
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(250);

    private readonly Random _random = new(seed);
    private readonly Mutator _mutator = new(new Random(seed + 1));

    public IReadOnlyList<FuzzLane> Lanes { get; } = [.. targets.Select(target => new FuzzLane(target))];

    /// <summary>Called with each finding.</summary>
    public Action<string>? Found { get; init; }

    /// <summary>Runs every seed once; those that do something new stay.</summary>
    public void Seed(SeedLibrary library)
    {
        foreach (var lane in Lanes)
        {
            foreach (var input in lane.Target.Seeds(library))
            {
                lane.Seeds++;
                Try(lane, input);
                if (lane.Inputs.Count == 0) lane.Inputs.Add(input);
            }
        }
    }

    /// <summary>Goes round until the time is over.</summary>
    /// <param name="ended">Asked between slices.</param>
    public void Run(Func<bool> ended)
    {
        while (!ended())
        {
            foreach (var lane in Lanes)
            {
                if (ended()) return;
                if (lane.Failures >= FailuresPerLaneMax) continue;

                var began = Stopwatch.GetTimestamp();
                var runs = 0;
                while (runs % RunsBetweenLooks != 0 || runs == 0 || Stopwatch.GetElapsedTime(began) < s_slice)
                {
                    Step(lane);
                    runs++;
                }

                lane.Runs += runs;
                lane.Ticks += Stopwatch.GetTimestamp() - began;
            }
        }
    }

    /// <summary>So many runs of each target, whatever time they take.</summary>
    public void RunCount(int runs)
    {
        foreach (var lane in Lanes)
        {
            for (var run = 0; run < runs && lane.Failures < FailuresPerLaneMax; run++) Step(lane);
            lane.Runs += runs;
        }
    }

    private void Step(FuzzLane lane)
    {
        // The newest half the time: where something new was found there is more.
        var inputs = lane.Inputs;
        var recent = Math.Max(1, inputs.Count / 8);
        var index = _random.Next(2) == 0 ? inputs.Count - 1 - _random.Next(recent) : _random.Next(inputs.Count);
        Try(lane, _mutator.Mutate(lane.Target, inputs[index], inputs));
    }

    private void Try(FuzzLane lane, FuzzInput input)
    {
        current?.Set(lane.Target.Name, input);
        watchdog?.Begin();
        lane.Novelty.Begin();
        try
        {
            lane.Target.Run(input, lane.Novelty);
        }
        catch (Exception exception)
        {
            watchdog?.End();
            Report(lane, input, exception);
            return;
        }

        lane.Novelty.End();
        watchdog?.End();
        current?.Clear();
        if (!lane.Novelty.IsNew) return;

        if (lane.Inputs.Count < InputsMax) lane.Inputs.Add(input);
        else lane.Inputs[_random.Next(InputsMax)] = input;
    }

    private void Report(FuzzLane lane, FuzzInput input, Exception exception)
    {
        var signature = Minimiser.Signature(exception);
        if (!findings.IsNew($"{lane.Target.Name} {signature}")) return;

        lane.Failures++;
        var smallest = new Minimiser(lane.Target).Minimise(input, signature);
        var path = findings.Write(lane.Target.Name, smallest, signature, exception.ToString());
        Found?.Invoke($"{lane.Target.Name}: {signature}\n    {smallest.Size} bytes in {path}");
    }
}
