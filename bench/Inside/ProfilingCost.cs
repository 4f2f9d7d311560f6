using System.Diagnostics;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Wire.Health;

namespace NetSniff.Bench.Inside;

/// <summary>What /debug/flamegraph costs the program it looks into: packets worked through with a recording running
/// and without one, in turns.</summary>
/// <remarks>A turn's figure is CPU time of the whole process by packets: the sampler, the names of methods at the end
/// and the drawing among it. What else the machine does counts little. Threads stand still while the sampler looks
/// around, and it is what works then, so its time is theirs.</remarks>
internal sealed class ProfilingCost : IDisposable
{
    private const int Turns = 5;

    /// <summary>As the page has it unless it is asked otherwise.</summary>
    private const int SecondsOfTurn = 10;

    /// <summary>Threads that wait, as a sensor has them for the ring, the spool, the pool.</summary>
    private const int IdleThreads = 20;

    private readonly List<nint> _memory = [];
    private readonly Frame[] _frames;
    private readonly CancellationTokenSource _stop = new();
    private long _packets;

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

    /// <param name="picture">Where the last recording goes.</param>
    public async Task<int> RunAsync(string picture)
    {
        var board = new HealthBoard("bench", "0");
        await using var listener = await HealthListener.StartAsync(new HealthOptions { Port = 0 }, board);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{listener.EndPoint}") };
        for (var index = 0; index < IdleThreads; index++) Start($"idle {index}", Idle);
        var work = Start("shard 0", Work);
        await Task.Delay(2000);

        List<double> shares = [];
        for (var turn = 0; turn < Turns; turn++)
        {
            var without = await MeasureAsync(() => Task.Delay(TimeSpan.FromSeconds(SecondsOfTurn)));
            var with = await MeasureAsync(async () =>
            {
                var uri = new Uri($"/debug/flamegraph?seconds={SecondsOfTurn}", UriKind.Relative);
                await File.WriteAllTextAsync(picture, await client.GetStringAsync(uri));
            });
            shares.Add(with / without - 1);
            Console.WriteLine($"without {without:F1} ns of CPU a packet, with a recording {with:F1}");
        }

        await _stop.CancelAsync();
        work.Join();
        shares.Sort();
        Console.WriteLine(
            $"a recording of {SecondsOfTurn} s costs {100 * shares[Turns / 2]:F1} % more CPU (median of {Turns}, from "
            + $"{100 * shares[0]:F1} to {100 * shares[^1]:F1} %)");
        return 0;
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
        return (process.TotalProcessorTime - cpu).TotalNanoseconds / (Interlocked.Read(ref _packets) - packets);
    }
}
