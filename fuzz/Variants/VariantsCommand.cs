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

    /// <param name="arguments">`--only PART` of a name, `--show N` differences, `--write FOLDER` the variants.</param>
    public static int Run(Arguments arguments)
    {
        var only = arguments.Text("only") ?? "";
        var paths = CaptureFolders.OfTests().Concat(CaptureFolders.OfCorpus(s_folders))
            .Where(path => path.Contains(only, StringComparison.Ordinal)).ToList();
        if (paths.Count == 0) return Arguments.Refuse($"no capture under tests/**/corpus or {CaptureFolders.Corpus}");
        if (arguments.Text("write") is { } folder) return Write(paths, folder);

        var outcomes = new ConcurrentDictionary<string, IReadOnlyList<VariantOutcome>>();
        var skipped = 0;
        using var slots = new ThreadLocal<GuardedSlots>(() => new GuardedSlots(Shard.BatchMax), trackAllValues: true);
        Parallel.ForEach(paths, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, path =>
        {
            if (OutcomesOf(path, slots.Value!) is { } some) outcomes[CaptureFolders.NameOf(path)] = some;
            else Interlocked.Increment(ref skipped);
        });
        foreach (var each in slots.Values) each.Dispose();
        Show(outcomes, skipped, arguments.Number("show", ShownMax));
        return outcomes.Values.SelectMany(some => some).Any(outcome => outcome.Differences.Count > 0) ? 1 : 0;
    }

    private static IReadOnlyList<VariantOutcome>? OutcomesOf(string path, GuardedSlots slots)
    {
        try
        {
            return VariantRun.Of(LoadedCapture.Read(path).Frames, seed: 1, slots);
        }
        catch (CaptureException)
        {
            return null;
        }
    }

    private static int Write(List<string> paths, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var path in paths)
        {
            var segments = LoadedCapture.Read(path).Frames.Select(Segment.TryTake).OfType<Segment>().ToList();
            foreach (var kind in VariantKinds.All)
            {
                var name = $"{Path.GetFileNameWithoutExtension(path)}.{kind.Name.Replace(' ', '-')}.pcap";
                File.WriteAllBytes(Path.Combine(folder, name),
                    LoadedCapture.ToPcap(kind.Make(segments, new Random(1))));
            }
        }

        return 0;
    }

    private static void Show(
        ConcurrentDictionary<string, IReadOnlyList<VariantOutcome>> outcomes, int skipped, int shownMax)
    {
        Console.WriteLine($"{"variant",-16}{"captures",10}{"kept",8}{"broken",8}{"partial",9}{"fewer",7}");
        var rows = new JsonArray();
        foreach (var kind in VariantKinds.All)
        {
            var some = outcomes.Values.SelectMany(each => each).Where(outcome => outcome.Variant == kind.Name).ToList();
            var broken = some.Count(outcome => outcome.Differences.Count > 0);
            var (partial, fewer) = (some.Sum(outcome => outcome.Partial), some.Sum(outcome => outcome.Fewer));
            Console.WriteLine($"{kind.Name,-16}{some.Count,10}{some.Count - broken,8}{broken,8}{partial,9}{fewer,7}");
            rows.Add(new JsonObject
            {
                ["variant"] = kind.Name, ["promise"] = kind.Promise.ToString(), ["captures"] = some.Count,
                ["broken"] = broken, ["partial"] = partial, ["fewer"] = fewer,
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
                Console.WriteLine($"{name}  {outcome.Variant}");
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
