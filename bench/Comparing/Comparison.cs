using System.Globalization;
using System.Text.Json.Nodes;
using NetSniff.Bench.Inside;

namespace NetSniff.Bench.Comparing;

/// <summary>Whole processes on one processor, in turn, so that a machine that is slower for a minute is so for all.
/// </summary>
internal sealed class Comparison(string root, string cache, int rounds, bool hasSlowPeers, int processor)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<Contender> _contenders = Contender.All(root, cache);

    /// <summary>Prints a table for each trace and returns what the artifact says of them.</summary>
    public JsonObject Run(IReadOnlyList<string> names)
    {
        var traces = new JsonObject();
        foreach (var name in names) traces[name] = Compare(name, PathOf(name));

        // Afterwards: a process that is started begins with its parent's peak of memory in its books.
        foreach (var name in names) AddInside(name, PathOf(name), traces[name]!.AsObject());
        return traces;
    }

    private string PathOf(string name) => Path.Combine(cache, "traces", $"{name}.pcap");

    private JsonObject Compare(string name, string path)
    {
        var size = TraceSize.Of(path);
        Say($"{name}: {size.Packets:N0} packets, {size.Bytes / 1e6:N0} MB, {size.Bytes / size.Packets} B a packet");
        var found = new JsonObject { ["packets"] = size.Packets, ["bytes"] = size.Bytes };
        var costs = Measure(name, path);
        var (ours, floor) = (Median(costs, "ours"), Median(costs, "libpcap"));
        Say($"  {"",-26}{"ns/packet",10}{"CPU s",9}{"Gbit/s",8}{"RSS MB",8}{"x libpcap",11}{"x ours",8}");
        foreach (var (contender, runs) in costs)
        {
            var seconds = Median(costs, contender.Key)!.Value;
            var peak = runs.Max(run => run.PeakMegabytes);
            found[$"{contender.Key}_ns"] = Math.Round(seconds * 1e9 / size.Packets, 1);
            found[$"{contender.Key}_rss_mb"] = Math.Round(peak);
            var (nanos, gigabits) = (seconds * 1e9 / size.Packets, size.Bytes * 8 / seconds / 1e9);
            var (label, overFloor, overOurs) = (contender.Label, seconds / floor, seconds / ours);
            Say($"  {label,-26}{nanos,10:N0}{seconds,9:F3}{gigabits,8:F1}{peak,8:N0}{overFloor,11:F2}{overOurs,8:F2}");
        }

        return found;
    }

    private static void AddInside(string name, string path, JsonObject found)
    {
        var times = PacketTimes.Of(path);
        var bytes = Allocation.Of(path);
        found["p50_parse_us"] = Math.Round(times.Median / 1e3, 3);
        found["p99_parse_us"] = Math.Round(times.At99 / 1e3, 3);
        found["p999_parse_us"] = Math.Round(times.At999 / 1e3, 3);
        found["allocated_per_packet"] = bytes.PerPacket;
        found["allocated_per_record"] = bytes.PerRecord;
        var (median, at99, at999) = (times.Median / 1e3, times.At99 / 1e3, times.At999 / 1e3);
        Say($"{name}: a packet in the shard, all of it: p50 {median:F2} us, p99 {at99:F2} us, p99.9 {at999:F2} us");
        Say($"{name}: allocated when warm: {bytes.PerPacket} bytes a packet, {bytes.PerRecord} a record");
    }

    private Dictionary<Contender, List<ProcessCost>> Measure(string name, string path)
    {
        Dictionary<Contender, List<ProcessCost>> costs = [];
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in _contenders)
            {
                if (!contender.IsInstalled || (contender.OnlyBrief && name != "brief")) continue;
                if (contender.IsSlow && (!hasSlowPeers || (round > 0 && name != "brief"))) continue;

                var cost = ChildProcess.Run(contender.For(path), $"{processor}", s_limit);
                if (!cost.IsOk) Say($"  {contender.Label} failed, or took longer than {s_limit}: left out");
                else if (costs.TryGetValue(contender, out var runs)) runs.Add(cost);
                else costs[contender] = [cost];
            }
        }

        return costs;
    }

    private static double? Median(Dictionary<Contender, List<ProcessCost>> costs, string key)
    {
        var runs = costs.FirstOrDefault(pair => pair.Key.Key == key).Value;
        if (runs is null) return null;

        double[] sorted = [.. runs.Select(run => run.CpuSeconds).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
