using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NetSniff.Fuzz.Captures;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Fuzz.Variants;

/// <summary>`variants`: every stream capture carried in other ways must say the same.</summary>
internal static class VariantsCommand
{
    private const int ShownMax = 25;
    private const int DifferencesPerCaseMax = 4;
    private static readonly string[] s_folders = ["http", "http2", "websocket", "tls", "dns", "gen"];

    /// <param name="arguments">`--only PART` of a name, `--show N` differences, `--seed N` for other chances,
    /// `--write FOLDER` the variants.</param>
    public static int Run(Arguments arguments)
    {
        var only = arguments.Text("only") ?? "";
        var paths = CaptureFolders.OfTests().Concat(CaptureFolders.OfCorpus(s_folders))
            .Where(path => path.Contains(only, StringComparison.Ordinal)).ToList();
        if (paths.Count == 0) return Arguments.Refuse($"no capture under tests/**/corpus or {CaptureFolders.Corpus}");
        if (arguments.Text("write") is { } folder) return Write(paths, folder, arguments.Number("seed", 1));

        var outcomes = new ConcurrentDictionary<string, IReadOnlyList<VariantOutcome>>();
        var skipped = 0;
        var seed = arguments.Number("seed", 1);
        using var slots = new ThreadLocal<GuardedSlots>(() => new GuardedSlots(Shard.BatchMax), trackAllValues: true);
        Parallel.ForEach(paths, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, path =>
        {
            if (OutcomesOf(path, seed, slots.Value!) is { } some) outcomes[CaptureFolders.NameOf(path)] = some;
            else Interlocked.Increment(ref skipped);
        });
        foreach (var each in slots.Values) each.Dispose();
        Show(outcomes, skipped, arguments.Number("show", ShownMax));
        return outcomes.Any(each => each.Value.Any(outcome => IsBroken(each.Key, outcome))) ? 1 : 0;
    }

    private static bool IsBroken(string capture, VariantOutcome outcome) =>
        outcome.Differences.Count > 0 && KnownDifferences.Of(capture, outcome.Variant) is null;

    private static IReadOnlyList<VariantOutcome>? OutcomesOf(string path, int seed, GuardedSlots slots)
    {
        try
        {
            return VariantRun.Of(LoadedCapture.Read(path).Frames, seed, slots);
        }
        catch (CaptureException)
        {
            return null;
        }
    }

    private static int Write(List<string> paths, string folder, int seed)
    {
        Directory.CreateDirectory(folder);
        foreach (var path in paths)
        {
            var segments = LoadedCapture.Read(path).Frames.Select(Segment.TryTake).OfType<Segment>().ToList();
            foreach (var kind in VariantKinds.All)
            {
                var name = $"{Path.GetFileNameWithoutExtension(path)}.{kind.Name.Replace(' ', '-')}.pcap";
                File.WriteAllBytes(Path.Combine(folder, name),
                    LoadedCapture.ToPcap(kind.Make(segments, new Random(seed))));
            }
        }

        return 0;
    }

    private static void Show(
        ConcurrentDictionary<string, IReadOnlyList<VariantOutcome>> outcomes, int skipped, int shownMax)
    {
        Console.WriteLine($"{"variant",-16}{"captures",10}{"kept",8}{"broken",8}{"known",7}{"partial",9}{"fewer",7}");
        var rows = new JsonArray();
        foreach (var kind in VariantKinds.All)
        {
            var pairs = outcomes.SelectMany(each => each.Value.Select(outcome => (Capture: each.Key, Outcome: outcome)))
                .Where(pair => pair.Outcome.Variant == kind.Name).ToList();
            var some = pairs.ConvertAll(pair => pair.Outcome);
            var broken = pairs.Count(pair => IsBroken(pair.Capture, pair.Outcome));
            var known = some.Count(outcome => outcome.Differences.Count > 0) - broken;
            var (partial, fewer) = (some.Sum(outcome => outcome.Partial), some.Sum(outcome => outcome.Fewer));
            Console.WriteLine($"{kind.Name,-16}{some.Count,10}{some.Count - broken - known,8}{broken,8}{known,7}"
                + $"{partial,9}{fewer,7}");
            rows.Add(new JsonObject
            {
                ["variant"] = kind.Name, ["promise"] = kind.Promise.ToString(), ["captures"] = some.Count,
                ["broken"] = broken, ["known"] = known, ["partial"] = partial, ["fewer"] = fewer,
            });
        }

        var cases = new JsonArray();
        var shown = 0;
        foreach (var (name, some) in outcomes.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            foreach (var outcome in some.Where(outcome => outcome.Differences.Count > 0))
            {
                var lines = outcome.Differences.Take(DifferencesPerCaseMax).ToArray();
                cases.Add(new JsonObject
                {
                    ["capture"] = name, ["variant"] = outcome.Variant,
                    ["differences"] = new JsonArray([.. lines.Select(line => (JsonNode)line)]),
                });
                if (shown++ >= shownMax) continue;
                var why = KnownDifferences.Of(name, outcome.Variant);
                Console.WriteLine($"{name}  {outcome.Variant}{(why is null ? "" : $"  (known: {why})")}");
                foreach (var line in lines) Console.WriteLine($"    {(line.Length > 400 ? line[..400] + "…" : line)}");
            }
        }

        Console.WriteLine(
            $"{outcomes.Count} captures, {skipped} left out (no TCP payload, fragments, cut or broken packets)");
        Artifacts.Write("variants", new JsonObject
        {
            ["captures"] = outcomes.Count, ["left_out"] = skipped, ["variants"] = rows, ["broken"] = cases,
        });
    }
}
