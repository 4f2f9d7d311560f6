using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Xml.Linq;
using NetSniff.Wire.Health;
using NetSniff.Wire.Health.Profiling;
using NetSniff.Wire.Health.Profiling.Kernel;

namespace NetSniff.Tests.Wire.Health.Profiling;

/// <summary>Profiles of this very process, and what is drawn of them.</summary>
[Collection(nameof(Alone))]
public sealed class FlameGraphTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData((int)ProfileSource.Kernel)]
    [InlineData((int)ProfileSource.Runtime)]
    public async Task A_thread_that_works_is_seen_where_it_works_and_one_that_sleeps_is_not(int way)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads' own CPU time is read from /proc");
        var source = (ProfileSource)way;
        SkipUnlessThere(source);
        using var stop = new CancellationTokenSource();
        var working = new Thread(() => WorkHard(stop.Token)) { Name = "hard-worker", IsBackground = true };
        var sleeping = new Thread(() => SleepLong(stop.Token)) { Name = "long-sleeper", IsBackground = true };
        working.Start();
        sleeping.Start();
        using var profiler = new CpuProfiler();
        var recording = profiler.RecordAsync(TimeSpan.FromSeconds(2), source, CancellationToken.None);
        Assert.Null(await profiler.RecordAsync(TimeSpan.FromSeconds(1), source, CancellationToken.None));
        var profile = await recording;
        await stop.CancelAsync();
        working.Join();
        sleeping.Join();

        Assert.NotNull(profile);
        Assert.Equal(source, profile.Source);
        Assert.True(profile.Samples > 0);
        var paths = profile.Root.Paths().ToList();
        var hard = paths.Where(path => path.Path.Any(name => name.EndsWith(nameof(WorkHard), StringComparison.Ordinal)))
            .ToList();
        Assert.NotEmpty(hard);
        Assert.All(hard, path => Assert.Equal("thread hard-worker", path.Path[0]));
        var worker = profile.Root.Children.Single(child => child.Name == "thread hard-worker");
        Assert.InRange(hard.Sum(path => path.Micros), 0.8 * worker.Micros, 1.001 * worker.Micros);
        Assert.DoesNotContain(paths, path => path.Path.Any(
            name => name.EndsWith(nameof(SleepLong), StringComparison.Ordinal)) && path.Micros > 100_000);
        Assert.InRange(profile.Root.Micros, 0, 1.05 * profile.Cpu.TotalMicroseconds);
    }

    [Fact]
    public async Task A_thread_that_ends_meanwhile_is_shown_with_what_it_did()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel's samples are of Linux");
        SkipUnlessThere(ProfileSource.Kernel);
        using var stop = new CancellationTokenSource();
        var working = new Thread(() => WorkHard(stop.Token)) { Name = "soon-over", IsBackground = true };
        working.Start();
        using var profiler = new CpuProfiler();
        var recording = profiler.RecordAsync(TimeSpan.FromSeconds(3), ProfileSource.Kernel, CancellationToken.None);
        while (!recording.IsCompleted && ThreadList.Read().All(thread => thread.Name != "flamegraph"))
        {
            await Task.Delay(5);
        }

        // However busy the machine is, it ends when it has run a while under the sampler's eyes.
        var ranBefore = Ran("soon-over");
        while (!recording.IsCompleted && Ran("soon-over") - ranBefore < TimeSpan.FromMilliseconds(500))
        {
            await Task.Delay(20);
        }

        await stop.CancelAsync();
        working.Join();
        var profile = await recording;
        Assert.Contains(profile!.Root.Paths(), path => path.Path[0] == "thread soon-over"
            && path.Path.Any(name => name.EndsWith(nameof(WorkHard), StringComparison.Ordinal)));
    }

    private static TimeSpan Ran(string name) => ThreadList.Read().Single(thread => thread.Name == name).Cpu;

    private static void SkipUnlessThere(ProfileSource source)
    {
        using var sampler = KernelSampler.TryMake(out var why);
        Assert.SkipUnless(source == ProfileSource.Runtime || sampler is not null, why);
    }

    /// <summary>Sorting by the C library calls back, so managed code lies on both sides of native frames.</summary>
    [Fact]
    public async Task The_kernel_sees_into_native_code_and_who_called_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel's samples are of Linux");
        SkipUnlessThere(ProfileSource.Kernel);
        using var stop = new CancellationTokenSource();
        var sorting = new Thread(() => SortHard(stop.Token)) { Name = "sorter", IsBackground = true };
        sorting.Start();
        using var profiler = new CpuProfiler();
        var profile = await profiler.RecordAsync(TimeSpan.FromSeconds(2), ProfileSource.Kernel, CancellationToken.None);
        await stop.CancelAsync();
        sorting.Join();

        var sorter = profile!.Root.Children.Single(child => child.Name == "thread sorter");
        var inLibrary = profile.Root.Paths().Where(path => path.Path[0] == "thread sorter"
            && path.Path.Any(name => name.EndsWith("[libc.so.6]", StringComparison.Ordinal))).ToList();
        Assert.SkipWhen(inLibrary.Count == 0, "the C library has another name here");
        Assert.All(
            inLibrary.Where(path => path.Micros > 0.1 * sorter.Micros),
            path => Assert.Contains(path.Path, name => name.EndsWith(nameof(SortHard), StringComparison.Ordinal)));
        Assert.Contains(inLibrary, path => path.Path.Any(
            name => name.Contains("qsort", StringComparison.Ordinal)));
    }

    private static unsafe void SortHard(CancellationToken stop)
    {
        var numbers = new int[20_000];
        while (!stop.IsCancellationRequested)
        {
            for (var index = 0; index < numbers.Length; index++) numbers[index] = index * 7919 % 20_011;
            fixed (int* first = numbers) Sort(first, (nuint)numbers.Length, sizeof(int), &Compare);
        }
    }

    [UnmanagedCallersOnly]
    private static unsafe int Compare(int* left, int* right) => *left - *right;

    [DllImport("libc", EntryPoint = "qsort")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern unsafe void Sort(
        int* first, nuint count, nuint size, delegate* unmanaged<int*, int*, int> compare);

    [Theory]
    [InlineData((int)ProfileSource.Kernel)]
    [InlineData((int)ProfileSource.Runtime)]
    public async Task Whoever_goes_away_ends_the_recording_and_the_next_may_begin(int way)
    {
        SkipUnlessThere((ProfileSource)way);
        using var profiler = new CpuProfiler();
        using var gone = new CancellationTokenSource();
        var recording = profiler.RecordAsync(TimeSpan.FromSeconds(60), (ProfileSource)way, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => recording);
        var next = await profiler.RecordAsync(TimeSpan.FromSeconds(1), (ProfileSource)way, CancellationToken.None);
        Assert.NotNull(next);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WorkHard(CancellationToken stop)
    {
        var value = 1ul;
        while (!stop.IsCancellationRequested)
        {
            for (var turn = 0; turn < 10_000; turn++) value = value * 6364136223846793005 + 1442695040888963407;
        }

        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SleepLong(CancellationToken stop) => stop.WaitHandle.WaitOne();

    [Fact]
    public async Task The_page_gives_a_picture_and_refuses_what_makes_no_sense()
    {
        var board = new HealthBoard("sensor", "1.2.3");
        await using var listener = await HealthListener.StartAsync(new HealthOptions { Port = 0 }, board);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{listener.EndPoint}") };
        foreach (var query in (string[])["seconds=0", "seconds=61", "seconds=x", "format=png", "by=x"])
        {
            using var refusal = await client.GetAsync(new Uri($"/debug/flamegraph?{query}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
            Assert.StartsWith("seconds is ", await refusal.Content.ReadAsStringAsync());
        }

        // Of two at a time one records, and the other is turned away, whichever came first.
        var asked = new Uri("/debug/flamegraph?seconds=2", UriKind.Relative);
        var answers = await Task.WhenAll(client.GetAsync(asked), client.GetAsync(asked));
        using var refused = Assert.Single(answers, one => one.StatusCode == HttpStatusCode.TooManyRequests);
        using var picture = Assert.Single(answers, one => one != refused);
        var text = await picture.Content.ReadAsStringAsync();
        Assert.True(picture.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("image/svg+xml", picture.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(XDocument.Parse(text).Descendants(s_svg + "rect"));
        var about = Assert.Single(picture.Headers.GetValues("X-Netsniff-Profile"));
        Assert.Contains(" samples, ", about);
        Assert.Contains(about, text.Replace("&#39;", "'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_goes_the_way_it_is_asked_to()
    {
        var board = new HealthBoard("sensor", "1.2.3");
        await using var listener = await HealthListener.StartAsync(new HealthOptions { Port = 0 }, board);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{listener.EndPoint}") };
        using var kernel = KernelSampler.TryMake(out _);
        foreach (var (by, words) in ((string, string)[])[("perf", "by the kernel"), ("eventpipe", "by the runtime")])
        {
            var uri = new Uri($"/debug/flamegraph?seconds=1&format=folded&by={by}", UriKind.Relative);
            using var answer = await client.GetAsync(uri);
            if (by == "perf" && kernel is null)
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.StartsWith("the kernel gives no samples: ", await answer.Content.ReadAsStringAsync());
                continue;
            }

            Assert.Contains(words, Assert.Single(answer.Headers.GetValues("X-Netsniff-Profile")));
        }
    }

    private static CpuProfile Small()
    {
        var root = new FlameNode("all");
        root.Add(["thread a", "NetSniff.Shard.Run", "System.Span<byte>.Fill"], 3000);
        root.Add(["thread a", "NetSniff.Shard.Run"], 1000);
        root.Add(["thread b", "x; \"y\" & <z>"], 4000);
        root.Add(["thread c", "too small to see"], 0.5);
        return new CpuProfile(root, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(8), 8, TimeSpan.Zero)
        {
            Source = ProfileSource.Runtime, Lost = 3, Note = "perf_event_open: not permitted",
        };
    }

    [Fact]
    public void Folded_stacks_are_lines_of_frames_and_a_number() => Assert.Equal(
        "thread a;NetSniff.Shard.Run 1000\nthread a;NetSniff.Shard.Run;System.Span<byte>.Fill 3000\n"
        + "thread b;x: \"y\" & <z> 4000\n",
        FlameText.Folded(Small()));

    [Fact]
    public void Speedscope_adds_up()
    {
        using var json = JsonDocument.Parse(FlameText.Speedscope(Small(), "a title"));
        var profile = json.RootElement.GetProperty("profiles")[0];
        var frames = json.RootElement.GetProperty("shared").GetProperty("frames");
        var weights = profile.GetProperty("weights").EnumerateArray().Select(weight => weight.GetDouble()).ToList();
        var samples = profile.GetProperty("samples").EnumerateArray().ToList();
        Assert.Equal(profile.GetProperty("endValue").GetDouble(), weights.Sum());
        Assert.Equal(weights.Count, samples.Count);
        var innermost = samples[1].EnumerateArray().Last().GetInt32();
        Assert.Equal("System.Span<byte>.Fill", frames[innermost].GetProperty("name").GetString());
        Assert.Equal(
            "netsniff: 8 samples, 3 lost, taken by the runtime in bursts (event pipe); perf_event_open: not permitted",
            json.RootElement.GetProperty("exporter").GetString());
    }

    /// <summary>Frames stand on the one that called them, inside its width, and nothing comes from elsewhere.</summary>
    [Fact]
    public void The_picture_is_whole_and_needs_nothing_else()
    {
        var text = FlameSvg.Write(Small(), "a <title> & more");
        var picture = XDocument.Parse(text);
        var frames = picture.Descendants(s_svg + "svg").Where(node => node.Attribute("class")?.Value == "f").ToList();
        Assert.Equal(7 - 1, frames.Count); // one is too narrow, with the thread it is on
        var all = frames.ToDictionary(frame => frame.Element(s_svg + "title")!.Value, frame => (
            X: Percent(frame, "x"), Width: Percent(frame, "width"),
            Y: double.Parse(frame.Attribute("y")!.Value, CultureInfo.InvariantCulture)));
        Assert.Equal((0, 100), (all["all"].X, Math.Round(all["all"].Width)));
        var (run, fill) = (all["NetSniff.Shard.Run"], all["System.Span<byte>.Fill"]);
        Assert.True(fill.Y < run.Y && fill.X >= run.X && fill.X + fill.Width <= run.X + run.Width + 0.001);
        Assert.Equal(37.5, fill.Width, 1);
        Assert.Contains("x; \"y\" & <z>", all.Keys);
        Assert.DoesNotContain("http", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal));

        static double Percent(XElement frame, string name) =>
            double.Parse(frame.Attribute(name)!.Value.TrimEnd('%'), CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Bytes_that_are_no_trace_are_said_to_be_none(int seed)
    {
        var random = new Random(seed);
        var good = "Nettrace\u0014\0\0\0!FastSerialization.1"u8;
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[good.Length + random.Next(200)];
            random.NextBytes(bytes);
            good[..random.Next(good.Length + 1)].CopyTo(bytes);
            if (round % 2 == 0) good.CopyTo(bytes);
            var reader = new NettraceReader(new MemoryStream(bytes), new SampledStacks());
            try
            {
                reader.ReadAll();
            }
            catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException)
            {
                // what it is for
            }
        }
    }
}
