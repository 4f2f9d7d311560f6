using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetSniff.Bench.Comparing;

/// <summary>What `make bench` and `make bench-scaling` do once programs and traces are there.</summary>
/// <param name="root">The checkout; artifacts go below it.</param>
/// <param name="cache">Where traces and peers are.</param>
internal sealed class BenchRun(string root, string cache)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public int Compare()
    {
        var rounds = Number("BENCH_ROUNDS", 3);
        var comparison = new Comparison(root, cache, rounds, Number("BENCH_PEERS", 1) != 0, Processor);
        var names = Traces("brief mix small flows");
        var traces = comparison.Run(names);
        var artifact = new JsonObject
        {
            ["commit"] = Output("git", "-C", root, "rev-parse", "HEAD"),
            ["machine"] = Machine(),
            ["runtime"] = Environment.Version.ToString(),
            ["rounds"] = rounds,
            ["peers"] = Versions(),
            ["traces"] = traces,
            ["scaling"] = Scaled(["mix"]),
        };
        Write("bench.json", artifact);
        return Budgets.Check(Path.Combine(root, "bench", "budgets.json"), traces) ? 0 : 1;
    }

    public int Scale()
    {
        Write("bench-scaling.json", Scaled(Traces("mix small flows")));
        return 0;
    }

    private static int Processor => Number("BENCH_PROCESSOR", Environment.ProcessorCount - 1);

    private JsonObject Scaled(IReadOnlyList<string> names)
    {
        var scaling = new Scaling(root, Path.Combine(cache, "traces"), Number("BENCH_ROUNDS", 5));
        var result = new JsonObject { ["machine"] = Machine() };
        foreach (var name in names) result[name] = scaling.Measure(name);
        return result;
    }

    private static string[] Traces(string otherwise) =>
        (Environment.GetEnvironmentVariable("BENCH_TRACES") ?? otherwise).Split(' ');

    private JsonObject Versions()
    {
        var versions = new JsonObject();
        foreach (var peer in Contender.All(root, cache).Where(peer => peer.IsInstalled && peer.VersionWords.Length > 0))
        {
            var text = Output(peer.Program, peer.VersionWords);
            versions[peer.Key] = text.Split('\n').FirstOrDefault(line => line.Any(char.IsAsciiDigit))?.Trim() ?? text;
        }

        return versions;
    }

    private static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        return $"{Environment.ProcessorCount} x {model?.Split(':')[^1].Trim()}, load {load} when it began";
    }

    private void Write(string name, JsonObject artifact)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "artifacts")).FullName;
        File.WriteAllText(Path.Combine(folder, name), artifact.ToJsonString(s_indented) + "\n");
        Console.WriteLine($"artifacts/{name} is written");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;

    /// <summary>What a command says, on either of its outputs.</summary>
    private static string Output(string program, params string[] words)
    {
        var start =
            new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return text.Trim();
    }
}
