using System.Globalization;
using System.Text.Json.Nodes;

namespace NetSniff.Bench.Comparing;

/// <summary>`netsniff read` with one shard and with two, in turn, on the same trace and the same two processors.
/// </summary>
/// <remarks>Whole processes by the clock, start and end included: what waiting for each other costs is in no account
/// of processor time. Of several rounds the best of each counts, for whatever else the machine does only makes them
/// slower.</remarks>
/// <param name="traces">Folder of the traces.</param>
internal sealed class Scaling(string root, string traces, int rounds)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>The last two.</summary>
    private static readonly string s_processors =
        $"{Math.Max(0, Environment.ProcessorCount - 2)},{Environment.ProcessorCount - 1}";

    private static readonly (string Key, string Label, string[] Words)[] s_works =
    [
        ("records", "records only", ["-o", "none"]),
        ("batches", "records encoded", ["-o", "batches", "-w", "/dev/null"]),
    ];

    /// <summary>Prints a line for each work and returns them all.</summary>
    public JsonObject Measure(string name)
    {
        var result = new JsonObject();
        foreach (var (key, label, words) in s_works)
        {
            var (one, two) = (Best.None, Best.None);
            for (var round = 0; round < rounds; round++)
            {
                one = one.With(Run(name, words, shards: 1));
                two = two.With(Run(name, words, shards: 2));
            }

            var times = one.Wall / two.Wall;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}, {label}: {one.Wall:F3} s with one shard, {two.Wall:F3} s with two: {times:F2} times;"
                + $" {one.Cpu:F3} and {two.Cpu:F3} s of processors, {one.Megabytes:F0} and {two.Megabytes:F0} MB"));
            result[key] = new JsonObject
            {
                ["one"] = one.ToJson(),
                ["two"] = two.ToJson(),
                ["times"] = Math.Round(times, 3),
            };
        }

        return result;
    }

    private ProcessCost Run(string name, string[] words, int shards)
    {
        string[] command =
        [
            Path.Combine(root, "bin", "netsniff"), "read", Path.Combine(traces, $"{name}.pcap"), "-q",
            "--shards", $"{shards}", .. words,
        ];
        var cost = ChildProcess.Run(command, s_processors, s_limit);
        return cost.IsOk ? cost : throw new InvalidOperationException($"{string.Join(' ', command)} failed");
    }

    private readonly record struct Best(double Wall, double Cpu, double Megabytes)
    {
        public static Best None => new(double.MaxValue, double.MaxValue, 0);

        public Best With(ProcessCost cost) => new(
            Math.Min(Wall, cost.WallSeconds), Math.Min(Cpu, cost.CpuSeconds),
            Math.Max(Megabytes, cost.PeakMegabytes));

        public JsonObject ToJson() => new()
        {
            ["wall_s"] = Math.Round(Wall, 4),
            ["cpu_s"] = Math.Round(Cpu, 4),
            ["peak_mb"] = Math.Round(Megabytes, 1),
        };
    }
}
