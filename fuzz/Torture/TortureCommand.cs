using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Fuzz.Torture;

/// <summary>What was done to the captures of one folder, and what came of it.</summary>
internal sealed class TortureRow
{
    public int Captures;
    public int ReadWhole;
    public int EndedEarly;
    public long CutsRead;
    public long CutsWalked;
    public long Flips;
    public double LongestMillis;
    public List<string> Failures { get; } = [];
}

/// <summary>`torture`: every capture whole, cut at every 97th byte, and with bits flipped.</summary>
internal static class TortureCommand
{
    public const int CutStep = 97;
    private const int FlipsPerCapture = 48;
    private const int FlippedBitsMax = 16;

    /// <summary>Cutting is quadratic. Beyond so many bytes in all, the engine sees cuts at even distances, and the
    /// reader alone sees every one.</summary>
    private const long EngineBytesMax = 48L << 20;

    public static int Run(Arguments arguments)
    {
        var only = arguments.Text("only") ?? "";
        var paths = CaptureFolders.OfTests().Concat(CaptureFolders.OfCorpus())
            .Where(path => path.Contains(only, StringComparison.Ordinal))
            .OrderByDescending(path => new FileInfo(path).Length)
            .ToList();
        if (paths.Count == 0) return Arguments.Refuse($"no capture under tests/**/corpus or {CaptureFolders.Corpus}");

        var clock = Stopwatch.StartNew();
        var rows = new ConcurrentDictionary<string, TortureRow>();
        using var runs = new ThreadLocal<TortureRun>(static () => new TortureRun(), trackAllValues: true);
        var partition = Partitioner.Create(paths, EnumerablePartitionerOptions.NoBuffering);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.ForEach(partition, parallel, path =>
        {
            var row = rows.GetOrAdd(CaptureFolders.NameOf(path).Split('/')[0], static _ => new TortureRow());
            var done = new TortureRow();
            Torture(path, runs.Value!, done);
            lock (row) Add(row, done);
        });
        Show(rows, runs.Values, clock.Elapsed);
        return rows.Values.Any(row => row.Failures.Count > 0) ? 1 : 0;
    }

    /// <summary>All that is done to one capture.</summary>
    public static void Torture(string path, TortureRun run, TortureRow row, int cutStep = CutStep)
    {
        row.Captures++;
        var name = CaptureFolders.NameOf(path);
        ReadByCommand(path, row);
        var bytes = File.ReadAllBytes(path);
        run.Longest = TimeSpan.Zero;
        ReadCuts(bytes, name, run, row, cutStep);
        ReadFlipped(bytes, name, run, row);
        row.LongestMillis = Math.Max(row.LongestMillis, run.Longest.TotalMilliseconds);
    }

    /// <summary>`netsniff read FILE -o eve`, all but the process: the code says whether it was read to its end.
    /// </summary>
    private static void ReadByCommand(string path, TortureRow row)
    {
        using var error = new StringWriter();
        var terminal = new Terminal { Output = Stream.Null, Error = error, Clock = TimeProvider.System };
        try
        {
            var code = CommandList.Run(["read", path, "-o", "eve"], terminal, listens: false);
            var told = error.ToString();
            var isRight = code switch
            {
                ExitCode.Ok => told.Length == 0,
                ExitCode.Failed => told.StartsWith("netsniff: " + path, StringComparison.Ordinal)
                    && told.Count(static c => c == '\n') == 1,
                _ => false,
            };
            if (code == ExitCode.Ok) row.ReadWhole++;
            else row.EndedEarly++;
            if (!isRight) row.Failures.Add($"{path}: exit {code}, said: {told}");
        }
        catch (Exception exception)
        {
            row.Failures.Add($"{path}: {exception}");
        }
    }

    private static void ReadCuts(byte[] bytes, string name, TortureRun run, TortureRow row, int cutStep)
    {
        var cuts = bytes.Length / cutStep;
        var engineCuts = (int)Math.Min(cuts, Math.Max(64, EngineBytesMax / Math.Max(1, bytes.Length / 2)));
        var stride = Math.Max(1, cuts / Math.Max(1, engineCuts));
        for (var cut = 1; cut <= cuts; cut++)
        {
            var length = cut * cutStep;
            row.CutsWalked++;
            if (Walk(bytes, length) is { } walked) row.Failures.Add($"{name} cut at {length}: {walked}");
            if (cut % stride != 0) continue;

            row.CutsRead++;
            if (run.Read(bytes, length, name) is { } failure) row.Failures.Add($"{name} cut at {length}: {failure}");
        }
    }

    /// <summary>The reader alone, over memory as it lies.</summary>
    private static unsafe string? Walk(byte[] bytes, int length)
    {
        var head = bytes.AsSpan(0, Math.Min(length, CaptureFormats.HeadBytes));
        if (FrameReader.TryOpen(head) is not { } reader) return null;

        Span<Frame> frames = stackalloc Frame[16];
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var count = reader.Read(start + reader.Offset, length - reader.Offset, frames, out var consumed);
                if (reader.Problem is not null) return null;
                if (count == 0 && consumed == 0) break;
            }

            reader.End(length - reader.Offset);
            return reader.Problem is not null || reader.Offset == length
                ? null
                : $"the reader stopped at byte {reader.Offset} without a word";
        }
    }

    private static void ReadFlipped(byte[] bytes, string name, TortureRun run, TortureRow row)
    {
        var random = new Random(name.Length * 7919 + bytes.Length);
        var flipped = new byte[bytes.Length];
        for (var round = 0; round < FlipsPerCapture && bytes.Length > 0; round++)
        {
            bytes.CopyTo(flipped, 0);
            for (var bit = random.Next(FlippedBitsMax) + 1; bit > 0; bit--)
            {
                flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            }

            row.Flips++;
            if (run.Read(flipped, flipped.Length, name) is { } failure)
            {
                row.Failures.Add($"{name} flipped, round {round}: {failure}");
            }
        }
    }

    private static void Add(TortureRow sum, TortureRow row)
    {
        sum.Captures += row.Captures;
        sum.ReadWhole += row.ReadWhole;
        sum.EndedEarly += row.EndedEarly;
        sum.CutsRead += row.CutsRead;
        sum.CutsWalked += row.CutsWalked;
        sum.Flips += row.Flips;
        sum.LongestMillis = Math.Max(sum.LongestMillis, row.LongestMillis);
        sum.Failures.AddRange(row.Failures);
    }

    private static void Show(
        ConcurrentDictionary<string, TortureRow> rows, IList<TortureRun> runs, TimeSpan took)
    {
        const string Layout = "{0,-14}{1,9}{2,8}{3,8}{4,11}{5,11}{6,9}{7,10}{8,9}";
        Console.WriteLine(string.Format(
            Layout, "folder", "captures", "whole", "early", "cuts", "engine", "flipped", "worst ms", "failures"));
        var all = new TortureRow();
        var json = new JsonArray();
        foreach (var (folder, row) in rows.OrderBy(each => each.Key, StringComparer.Ordinal).ToList())
        {
            Add(all, row);
            Line(folder, row);
            json.Add(Json(folder, row));
        }

        Line("all", all);
        foreach (var failure in all.Failures.Take(20)) Console.WriteLine(failure);
        Console.WriteLine(
            $"{runs.Sum(run => run.Runs)} readings, {runs.Sum(run => run.BytesRead) / 1e9:F1} GB, "
            + $"in {took.TotalSeconds:F0} s; "
            + $"{all.Failures.Count} failures");
        Artifacts.Write("torture", new JsonObject { ["all"] = Json("all", all), ["folders"] = json });

        static void Line(string folder, TortureRow row) => Console.WriteLine(string.Format(
            Layout, folder, row.Captures, row.ReadWhole, row.EndedEarly, row.CutsWalked, row.CutsRead, row.Flips,
            row.LongestMillis.ToString("F1"), row.Failures.Count));
    }

    private static JsonObject Json(string folder, TortureRow row) => new()
    {
        ["folder"] = folder, ["captures"] = row.Captures, ["read_whole"] = row.ReadWhole,
        ["ended_early"] = row.EndedEarly,
        ["cuts_walked"] = row.CutsWalked, ["cuts_read"] = row.CutsRead, ["flipped"] = row.Flips,
        ["longest_ms"] = Math.Round(row.LongestMillis, 1),
        ["failures"] = new JsonArray([.. row.Failures.Take(100).Select(text => (JsonNode)text)]),
    };
}
