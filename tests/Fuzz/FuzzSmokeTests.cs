using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Fuzz.Targets;

namespace NetSniff.Tests.Fuzz;

/// <summary>A short run of the fuzzer with a fixed seed: the same inputs every time. `make fuzz` is the long one.
/// </summary>
public sealed class FuzzSmokeTests
{
    private const int RunsPerTarget = 400;

    public static TheoryData<string> Names => [.. FuzzTargets.Make().Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_a_stranger_sends_hurts(string name)
    {
        using var target = FuzzTargets.Make().Single(target => target.Name == name);
        var folder = Directory.CreateTempSubdirectory("netsniff-findings").FullName;
        var found = new List<string>();
        var loop = new FuzzLoop([target], seed: 20, new Findings(folder), watchdog: null, current: null)
        {
            Found = found.Add,
        };
        loop.Seed(new SeedLibrary(CaptureFolders.OfTests()));
        loop.RunCount(RunsPerTarget);
        Assert.True(found.Count == 0, string.Join('\n', found) + "\nand how to do it again stands beside it");
        Assert.True(loop.Lanes[0].Novelty.Features > 1, "the inputs reach nothing");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_protocol_of_the_list_is_fuzzed()
    {
        var names = FuzzTargets.Make().Select(target => target.Name).ToList();
        foreach (var entry in NetSniff.Protocols.Protocols.All)
        {
            Assert.Contains($"{(entry.CreateStream is null ? "datagram" : "stream")}/{entry.Info.Name}", names);
        }
    }
}
