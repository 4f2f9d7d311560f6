using System.Globalization;
using System.Text;
using System.Text.Json;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Pipeline;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Worker.Detect;

namespace NetSniff.Bench.Inside;

/// <summary>What rules find in captures and strings whose nature is known: how often they are right, and how often they
/// cry for nothing.</summary>
internal sealed class RuleFindings(string rules)
{
    private const int CapturesShownMax = 6;

    private readonly RuleFiles _files = RuleFiles.Read(rules);

    /// <summary>Prints findings by rule, over a folder of captures with a list of attacks beside them.</summary>
    public void PrintCaptures(string folder)
    {
        var attacks = File.ReadLines(Path.Combine(folder, "ATTACKS.tsv")).Skip(1)
            .Select(static line => line.Split('\t'))
            .ToDictionary(static columns => columns[0], static columns => columns[1], StringComparer.Ordinal);
        var benign = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        var found = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        var captures = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*.pcap*", SearchOption.AllDirectories).Order())
        {
            var name = Path.GetRelativePath(folder, path);
            var isAttack = attacks.ContainsKey(name);
            // Made to break things: neither ordinary traffic nor one of the attacks that rules are for.
            if (!isAttack && name.Split('/')[0] is "malformed" or "ipfrag" or "attack") continue;

            captures++;
            foreach (var (rule, count) in Findings(path))
            {
                var into = isAttack ? found : benign;
                if (!into.TryGetValue(rule, out var list)) into[rule] = list = [];
                list.Add(isAttack ? $"{name} ({attacks[name]}): {count}" : $"{name}: {count}");
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{captures - attacks.Count} benign captures"));
        Print(benign);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{attacks.Count} attacks"));
        Print(found);
    }

    /// <summary>Prints how many strings of each label a rule finds in a request target.</summary>
    public void PrintStrings(string path)
    {
        var set = NewSet();
        var run = new DetectionRun(set);
        var counts = new SortedDictionary<string, (int Found, int All)>(StringComparer.Ordinal);
        var sink = new RecordSink(1 << 18);
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            var columns = line.Split('\t');
            var text = JsonSerializer.Deserialize<string>(columns[4])!;
            sink.Clear();
            var octets = text.All(static letter => letter < 256)
                ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text);
            var uri = "/q?v=" + string.Concat(octets.Select(static octet => char.IsAsciiLetterOrDigit((char)octet)
                ? ((char)octet).ToString() : $"%{octet:X2}"));
            // Another client for each: a finding is never held for the last one.
            sink.Context.Client = Packets.Address.FromV4((uint)counts.Values.Sum(static count => count.All));
            sink.Emit(
                new HttpRecord { Method = "GET"u8, Uri = Encoding.ASCII.GetBytes(uri), HasRequest = true },
                counts.Values.Sum(static count => count.All) * 60_000_000_000L);
            run.Run(sink.Bytes, 0);
            var key = columns[1] == "1" ? $"attack {columns[2]}" : $"benign {columns[2]}";
            var (found, all) = counts.GetValueOrDefault(key);
            counts[key] = (found + (run.FindingsCount > 0 ? 1 : 0), all + 1);
        }

        foreach (var (key, (found, all)) in counts)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{key,-24} {found,6} of {all,6} found, {100.0 * found / all:F2} %"));
        }
    }

    private static void Print(SortedDictionary<string, List<string>> rows)
    {
        foreach (var (rule, list) in rows)
        {
            var more = list.Count > CapturesShownMax ? $"; and {list.Count - CapturesShownMax} more" : "";
            var shown = string.Join("; ", list.Take(CapturesShownMax));
            Console.WriteLine($"  {rule}: {list.Count} captures: {shown}{more}");
        }
    }

    private RuleSet NewSet()
    {
        List<RuleProblem> problems = [];
        // Their tests have passed when they were checked.
        RuleSpec[] specs = [.. _files.Specs(problems).Select(static spec => spec with { Tests = [] })];
        return new RuleLoader().Load(specs, problems, out _)
            ?? throw new InvalidOperationException(string.Join('\n', problems));
    }

    private IEnumerable<(string Rule, int Count)> Findings(string path)
    {
        var seen = new Seen(new DetectionRun(NewSet()));
        try
        {
            using var shard = new Shard(new ShardOptions(), seen);
            Frames.Each(path, frames => shard.Run(frames));
            shard.Finish();
        }
        catch (CaptureException)
        {
            // No capture that anybody could read.
        }

        return seen.Rules.Select(static rule => (rule.Key, rule.Value));
    }

    private sealed class Seen(DetectionRun run) : RecordConsumer
    {
        public SortedDictionary<string, int> Rules { get; } = new(StringComparer.Ordinal);

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            run.Run(records, 0);
            foreach (var finding in new RecordWalker(run.Findings))
            {
                var name = finding.TryGet("finding.rule", out var rule) ? Encoding.UTF8.GetString(rule.Text) : "";
                Rules[name] = Rules.GetValueOrDefault(name) + 1;
            }
        }
    }
}
