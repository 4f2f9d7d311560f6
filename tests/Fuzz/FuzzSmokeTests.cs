using NetSniff.Fuzz.Targets;

namespace NetSniff.Tests.Fuzz;

/// <summary>A short run of the fuzzer with a fixed seed: the same inputs every time. `make fuzz` is the long one.
/// </summary>
public sealed class FuzzSmokeTests
{
    public static TheoryData<string> Names => [.. FuzzTargets.Make().Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Nothing_a_stranger_sends_hurts(string name)
    {
        var folder = Directory.CreateTempSubdirectory("netsniff-findings").FullName;
        using var child = ChildProcess.Start("fuzz-smoke", name, folder);
        var said = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 0, said + "and how to do it again stands beside it");
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
