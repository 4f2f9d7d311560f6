using System.Diagnostics;
using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Fuzz.Targets;

namespace NetSniff.Fuzz;

/// <summary>`run`: fuzzes in a process of its own, so that one that dies or hangs is a finding too.</summary>
internal static class FuzzCommand
{
    public const string WorkVerb = "work";

    private const int SecondsDefault = 300;
    private const int HangExit = 3;
    private const int FoundExit = 1;
    private const long HeapGrowthMax = 48L << 20; // beside the kept inputs, which are bounded
    private static readonly TimeSpan s_inputTime = TimeSpan.FromSeconds(10);

    private static string FindingsFolder => Path.Combine(CaptureFolders.Checkout, "fuzz", "findings");

    private static string CurrentPath => Path.Combine(CaptureFolders.Checkout, "artifacts", "fuzz-current.bin");

    /// <summary>Starts workers until the time is over.</summary>
    public static int Run(Arguments arguments)
    {
        var seconds = arguments.Number("seconds", SecondsDefault);
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var clock = Stopwatch.StartNew();
        var deaths = 0;
        var code = 0;
        do
        {
            var left = Math.Max(1, seconds - (int)clock.Elapsed.TotalSeconds);
            var exit = StartWorker(left, seed + deaths, arguments.Text("target") ?? "");
            if (exit is 0 or FoundExit) return Math.Max(code, exit);

            code = FoundExit;
            deaths++;
            if (exit != HangExit && CurrentInput.Read(CurrentPath) is { } last)
            {
                var path = new Findings(FindingsFolder).Write(
                    last.Target, last.Input, $"the process died with {exit}", "Replay it under a debugger.");
                Console.WriteLine($"FOUND {last.Target}: the process died with {exit}\n    {path}");
            }
        }
        while (clock.Elapsed.TotalSeconds < seconds && deaths < 10);
        return code;
    }

    /// <summary>The fuzzing itself.</summary>
    public static int Work(Arguments arguments)
    {
        var seconds = arguments.Number("seconds", SecondsDefault);
        var seed = arguments.Number("seed", 1);
        var findings = new Findings(FindingsFolder);
        using var current = new CurrentInput(CurrentPath);
        using var watchdog = new Watchdog(s_inputTime, static () => Hang());
        var wanted = arguments.Text("target") ?? "";
        var targets = FuzzTargets.Make()
            .Where(target => target.Name.Contains(wanted, StringComparison.Ordinal)).ToList();
        if (targets.Count == 0) return Arguments.Refuse($"no target has '{wanted}' in its name");

        var loop = new FuzzLoop(targets, seed, findings, watchdog, current)
        {
            Found = static text => Console.WriteLine($"FOUND {text}"),
        };
        var clock = Stopwatch.StartNew();
        loop.Seed(new SeedLibrary([.. CaptureFolders.OfTests(), .. CaptureFolders.OfCorpus()]));
        Console.WriteLine(
            $"seed {seed}, {targets.Count} targets, {loop.Lanes.Sum(lane => lane.Seeds)} seeds run in "
            + $"{clock.Elapsed.TotalSeconds:F0} s, asserts {(AreAssertsIn() ? "in" : "out")}, "
            + $"{(CaptureFolders.HasCorpus ? "with" : "without")} the corpus beside the checkout");

        // Buffers grow to what they need in the first part of the time; from then on memory must be flat.
        var warm = seconds / 3.0;
        loop.Run(() => clock.Elapsed.TotalSeconds >= warm);
        var before = MemoryUse.Now(loop);
        loop.Run(() => clock.Elapsed.TotalSeconds >= seconds);
        var after = MemoryUse.Now(loop);
        current.Clear();
        foreach (var lane in loop.Lanes) Console.WriteLine(Row(lane));
        Console.WriteLine($"memory after warm-up   {before}\nmemory at the end      {after}");
        var isFlat = after.HeapBytes - after.InputBytes - (before.HeapBytes - before.InputBytes) < HeapGrowthMax;
        var runs = loop.Lanes.Sum(lane => lane.Runs);
        Console.WriteLine(
            $"{runs} runs, {runs / clock.Elapsed.TotalSeconds:F0}/s; {findings.Count} findings; "
            + $"memory {(isFlat ? "flat" : "GROWS")}");
        return findings.Count == 0 && isFlat ? 0 : FoundExit;
    }

    /// <summary>Runs a finding again.</summary>
    public static int Replay(Arguments arguments)
    {
        if (arguments.Operands is not [var path]) return Arguments.Refuse("replay FILE [--target NAME]");

        var name = arguments.Text("target") ?? Findings.TargetOf(path);
        var target = FuzzTargets.Make().FirstOrDefault(target => target.Name == name);
        if (target is null) return Arguments.Refuse($"no target '{name}': name one with --target");

        var input = FuzzInput.Parse(File.ReadAllBytes(path));
        var clock = Stopwatch.StartNew();
        target.Run(input, new Novelty());
        Console.WriteLine(
            $"{target.Name} took {input.Size} bytes without harm in {clock.Elapsed.TotalMilliseconds:F1} ms");
        return 0;
    }

    private static int StartWorker(int seconds, int seed, string target)
    {
        string[] words = [WorkVerb, "--seconds", $"{seconds}", "--seed", $"{seed}", "--target", target];
        using var worker = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, words))!;
        worker.WaitForExit();
        return worker.ExitCode;
    }

    private static void Hang()
    {
        if (CurrentInput.Read(CurrentPath) is { } last)
        {
            var path = new Findings(FindingsFolder).Write(
                last.Target, last.Input, $"took longer than {s_inputTime.TotalSeconds} s", "Not made smaller.");
            Console.WriteLine($"FOUND {last.Target}: took longer than {s_inputTime.TotalSeconds} s\n    {path}");
        }

        Environment.Exit(HangExit);
    }

    private static bool AreAssertsIn() =>
        typeof(Pipeline.Shard).Assembly.GetCustomAttributes(typeof(DebuggableAttribute), false)
            is [DebuggableAttribute { IsJITOptimizerDisabled: true }];

    private static string Row(FuzzLane lane) =>
        $"  {lane.Target.Name,-22} {lane.RunsPerSecond,9:F0}/s  runs {lane.Runs,9}  seeds {lane.Seeds,5}"
        + $"  kept {lane.Inputs.Count,5}"
        + $"  features {lane.Novelty.Features,5}  methods {lane.Novelty.Methods,5}  failures {lane.Failures}";

    /// <summary>What the process holds, and how much of it is inputs that were kept.</summary>
    private readonly record struct MemoryUse(long HeapBytes, long ResidentBytes, long InputBytes)
    {
        public static MemoryUse Now(FuzzLoop loop)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var inputs = loop.Lanes.Sum(lane => lane.Inputs.Sum(input => (long)input.Size));
            return new MemoryUse(GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet, inputs);
        }

        public override string ToString() =>
            $"heap {HeapBytes / 1048576.0:F1} MiB, of it inputs {InputBytes / 1048576.0:F1} MiB; "
            + $"resident {ResidentBytes / 1048576.0:F0} MiB";
    }
}
