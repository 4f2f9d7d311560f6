using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Bench.Inside;

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
        string[] names = (Environment.GetEnvironmentVariable("BENCH_TRACES") ?? "brief mix small flows").Split(' ');
        var traces = comparison.Run(names);
        var artifact = new JsonObject
        {
            ["commit"] = Output("git", "-C", root, "rev-parse", "HEAD"),
            ["machine"] = Machine(),
            ["runtime"] = Environment.Version.ToString(),
            ["rounds"] = rounds,
            ["peers"] = Versions(),
            ["traces"] = traces,
            ["scaling"] = Scaled("mix"),
        };
        Write("bench.json", artifact);
        return Budgets.Check(Path.Combine(root, "bench", "budgets.json"), traces) ? 0 : 1;
    }

    public int Scale()
    {
        Write("bench-scaling.json", Scaled("mix"));
        return 0;
    }

    private static int Processor => Number("BENCH_PROCESSOR", Environment.ProcessorCount - 1);

    private JsonObject Scaled(string name)
    {
        var path = Path.Combine(cache, "traces", $"{name}.pcap");
        double[] one = new double[3], two = new double[3];
        for (var round = 0; round < one.Length; round++)
        {
            one[round] = Scaling.Seconds(path, 1);
            two[round] = Scaling.Seconds(path, 2);
        }

        Array.Sort(one);
        Array.Sort(two);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"two shards: {one[1]:F3} s of one thread, {two[1]:F3} s of the busier of two: {one[1] / two[1]:F2} times"));
        return new JsonObject
        {
            ["one"] = Math.Round(one[1], 4),
            ["two"] = Math.Round(two[1], 4),
            ["times"] = Math.Round(one[1] / two[1], 3),
        };
    }

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
