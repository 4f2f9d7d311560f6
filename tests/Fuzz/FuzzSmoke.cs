using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Fuzz.Targets;

namespace NetSniff.Tests.Fuzz;

/// <summary>A short run of the fuzzer over one target, as a process of its own: what counts as new depends on what the
/// process has met before, and beside other tests that is never twice the same.</summary>
internal static class FuzzSmoke
{
    private const int RunsPerTarget = 400;

    /// <param name="arguments">The target, and a folder for findings.</param>
    public static int Run(string[] arguments)
    {
        using var target = FuzzTargets.Make().Single(target => target.Name == arguments[0]);
        var found = new List<string>();
        var loop = new FuzzLoop([target], seed: 20, new Findings(arguments[1]), watchdog: null, current: null)
        {
            Found = found.Add,
        };
        loop.Seed(new SeedLibrary(CaptureFolders.OfTests()));
        loop.RunCount(RunsPerTarget);
        foreach (var line in found) Console.WriteLine(line);
        if (loop.Lanes[0].Novelty.Features > 1) return found.Count == 0 ? 0 : 1;

        Console.WriteLine("the inputs reach nothing");
        return 1;
    }
}
