using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Wire.Health;

namespace NetSniff.Bench.Inside;

/// <summary>What /debug/flamegraph costs the program it looks into, by either way: packets worked through with a
/// recording running and without one, in turns.</summary>
/// <remarks>A turn's figure is CPU time of the whole process by packets: the sampler, the names of methods at the end
/// and the drawing among it. What else the machine does counts little. Threads stand still while the runtime's sampler
/// looks around, and it is what works then, so its time is theirs. In the first turn the code that records is compiled,
/// which a program that was compiled ahead does not do.</remarks>
internal sealed class ProfilingCost : IDisposable
{
    private const int Turns = 5;

    /// <summary>As the page has it unless it is asked otherwise.</summary>
    private const int SecondsOfTurn = 10;

    /// <summary>Threads that wait, as a sensor has them for the ring, the spool, the pool.</summary>
    private const int IdleThreads = 20;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly List<nint> _memory = [];
    private readonly Frame[] _frames;
    private readonly CancellationTokenSource _stop = new();
    private long _packets;
    private long _measured;

    public ProfilingCost(string path)
    {
        List<Frame> all = [];
        Frames.Each(path, frames =>
        {
            foreach (ref readonly var frame in frames) all.Add(Keep(in frame));
        });
        _frames = [.. all];
    }

    private unsafe Frame Keep(in Frame frame)
    {
        var copy = (nint)NativeMemory.Alloc((nuint)frame.CapturedLength);
        frame.Bytes.CopyTo(new Span<byte>((void*)copy, frame.CapturedLength));
        _memory.Add(copy);
        return frame with { Data = copy };
    }

    /// <param name="folder">Where figures and pictures go.</param>
    public async Task<int> RunAsync(string folder)
    {
        var board = new HealthBoard("bench", "0");
        await using var listener = await HealthListener.StartAsync(new HealthOptions { Port = 0 }, board);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{listener.EndPoint}") };
        for (var index = 0; index < IdleThreads; index++) Start($"idle {index}", Idle);
        var work = Start("shard 0", Work);
        await Task.Delay(2000);

        Directory.CreateDirectory(folder);
        Dictionary<string, object> ways = [];
        foreach (var (way, picture) in ((string, string)[])
            [("perf", "flamegraph.svg"), ("eventpipe", "flamegraph-eventpipe.svg")])
        {
            if (await CompareAsync(client, way, Path.Combine(folder, picture)) is { } figures) ways[way] = figures;
        }

        await _stop.CancelAsync();
        work.Join();
        var file = Path.Combine(folder, "bench-profiling.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
            new { seconds = SecondsOfTurn, turns = Turns, idleThreads = IdleThreads, ways }, s_json) + "\n");
        Console.WriteLine($"{file} is written");
        return ways.Count > 0 ? 0 : 1;
    }

    /// <returns>Figures, or null where this way does not go.</returns>
    private async Task<object?> CompareAsync(HttpClient client, string way, string picture)
    {
        List<double> shares = [], extra = [];
        var about = "";
        for (var turn = 0; turn < Turns; turn++)
        {
            var without = await MeasureAsync(() => Task.Delay(TimeSpan.FromSeconds(SecondsOfTurn)));
            string? refusal = null;
            var with = await MeasureAsync(async () =>
            {
                var uri = new Uri($"/debug/flamegraph?seconds={SecondsOfTurn}&by={way}", UriKind.Relative);
                using var answer = await client.GetAsync(uri);
                var text = await answer.Content.ReadAsStringAsync();
                if (!answer.IsSuccessStatusCode) refusal = text;
                else await File.WriteAllTextAsync(picture, text);
                about = string.Concat(answer.Headers.TryGetValues("X-Netsniff-Profile", out var told) ? told : []);
            });
            if (refusal is not null)
            {
                Console.WriteLine($"{way}: {refusal.TrimEnd()}");
                return null;
            }

            shares.Add(100 * (with / without - 1));
            extra.Add((with - without) * _measured / 1e6);
            Console.WriteLine(
                $"{way}: without {without:F1} ns of CPU a packet, with a recording {with:F1}, {shares[^1]:F1} % or "
                + $"{extra[^1]:F0} ms more; {about}");
        }

        var first = shares[0];
        shares.Sort();
        extra.Sort();
        Console.WriteLine(
            $"{way}: a recording of {SecondsOfTurn} s costs {shares[Turns / 2]:F1} % more CPU (median of {Turns}, from "
            + $"{shares[0]:F1} to {shares[^1]:F1} %; the first {first:F1} %), {extra[Turns / 2]:F0} ms");
        return new { medianPercent = shares[Turns / 2], leastPercent = shares[0], mostPercent = shares[^1],
            firstPercent = first, medianMilliseconds = extra[Turns / 2], lastRecording = about };
    }

    public void Dispose()
    {
        _stop.Dispose();
        unsafe
        {
            foreach (var memory in _memory) NativeMemory.Free((void*)memory);
        }
    }

    private static Thread Start(string name, Action body)
    {
        var thread = new Thread(() => body()) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Idle() => _stop.Token.WaitHandle.WaitOne();

    private void Work()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var shard = new Shard(new ShardOptions { FlowsMax = 65_536 }, new NoConsumer());
            for (var round = 0; round < 50; round++)
            {
                for (var start = 0; start < _frames.Length; start += Frames.BatchMax)
                {
                    var frames = _frames.AsSpan(start, Math.Min(Frames.BatchMax, _frames.Length - start));
                    shard.Run(frames);
                    Interlocked.Add(ref _packets, frames.Length);
                }
            }

            shard.Finish();
        }
    }

    private async Task<double> MeasureAsync(Func<Task> during)
    {
        using var process = Process.GetCurrentProcess();
        var (cpu, packets) = (process.TotalProcessorTime, Interlocked.Read(ref _packets));
        await during();
        process.Refresh();
        _measured = Interlocked.Read(ref _packets) - packets;
        return (process.TotalProcessorTime - cpu).TotalNanoseconds / _measured;
    }
}
