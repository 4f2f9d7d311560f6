using System.IO.Pipes;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Tests.Kube;
using NetSniff.Tests.Pcap;

namespace NetSniff.Tests.Capture.PcapFile;

public sealed class PcapFileCaptureTests : IDisposable
{
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(50);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netsniff-test-");

    public static TheoryData<string> Kinds =>
    [
        "pcap-us-little", "pcap-us-big", "pcap-ns-little", "pcap-ns-big", "pcapng-little", "pcapng-big", "pcapng-mixed",
    ];

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The first signal ends a program that waits for a pipe's first bytes.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_pipe_that_says_nothing_yet_is_waited_for_until_that_is_enough(int first)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the reading end is opened by its place in /proc");
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var path = $"/proc/self/fd/{pipe.GetClientHandleAsString()}";
        await pipe.WriteAsync(Sample("pcap-us-little", 1).File.AsMemory(0, first));
        using var enough = new CancellationTokenSource();
        var opening = Task.Run(() => PcapFileCapture.Open(path, cancel: enough.Token), CancellationToken.None);
        Assert.False(opening.IsCompleted);
        await enough.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => opening.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None));
    }

    [Fact]
    public async Task A_pipe_that_says_its_first_bytes_one_by_one_is_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the reading end is opened by its place in /proc");
        var (file, frames) = Sample("pcap-us-little", 1);
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var path = $"/proc/self/fd/{pipe.GetClientHandleAsString()}";
        using var never = new CancellationTokenSource();
        var reading = Task.Run(() =>
        {
            using var capture = PcapFileCapture.Open(path, cancel: never.Token);
            return Lines(capture);
        });
        foreach (var value in file) pipe.WriteByte(value);
        // Both our ends and the reader's, which could not open it any more otherwise.
        var target = new FileInfo(path).LinkTarget;
        await Eventually.Is(3, () => Directory.GetFiles("/proc/self/fd").Count(
            one => new FileInfo(one).LinkTarget == target));
        pipe.Close();
        Assert.Equal(frames.Select(frame => frame.Line), await reading);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_the_format_and_the_packing_the_frames_are_the_same(string kind)
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var (file, frames) = Sample(kind, seed);
            List<byte[]> packings = [file, SampleCapture.Gzip(file), SampleCapture.Zstd(file)];
            // Files packed one by one and put together are one file.
            var half = file.Length / 2;
            packings.Add([.. SampleCapture.Gzip(file[..half]), .. SampleCapture.Gzip(file[half..])]);
            foreach (var packed in packings)
            {
                if (!ZstdStream.IsSupported && packed[0] == 0x28) continue; // said by a test of its own
                using var capture = PcapFileCapture.Open(Write(packed));

                Assert.Equal(frames.Select(frame => frame.Line), Lines(capture));
                Assert.Null(capture.Problem);
                Assert.Equal((frames.Count, 0L), (capture.Counters.Received, capture.Counters.Dropped));
                Assert.Equal(1.0, capture.Progress);
            }
        }
    }

    [Fact]
    public void Zstd_is_read_by_its_library()
    {
        if (!ZstdStream.IsSupported) Assert.Skip(ZstdStream.MissingLibrary);
        var (file, frames) = SampleCapture.Pcap(1, isBig: false, isNano: true);
        using var capture = PcapFileCapture.Open(Write(SampleCapture.Zstd(file)));

        Assert.Equal(frames.Select(frame => frame.Line), Lines(capture));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_cut_anywhere_gives_what_is_before_the_cut(string kind)
    {
        var (file, frames) = Sample(kind, seed: 3);
        for (var length = CaptureFormats.HeadBytes; length < file.Length; length += 97)
        {
            using var capture = PcapFileCapture.Open(Write(file[..length]));
            var lines = Lines(capture);

            Assert.Equal(frames.Select(frame => frame.Line).Take(lines.Count), lines);
            // Each frame that is whole in what is left, no more; and a cut inside a record is told.
            var whole = FrameLines.Read(file[..length], out var reader);
            Assert.Equal(whole, lines);
            Assert.Equal(reader.Problem?.Text is null, capture.Problem is null);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_packed_file_that_is_cut_is_always_noticed(string packing)
    {
        if (packing == "zstd" && !ZstdStream.IsSupported) Assert.Skip(ZstdStream.MissingLibrary);
        var (file, frames) = SampleCapture.Pcap(3, isBig: false, isNano: false);
        var packed = packing == "gzip" ? SampleCapture.Gzip(file) : SampleCapture.Zstd(file);
        for (var length = 100; length < packed.Length; length += 97)
        {
            using var capture = Assert.IsType<PcapFileCapture>(PcapFileCapture.Open(Write(packed[..length])));
            var lines = Lines(capture);

            Assert.Equal(frames.Select(frame => frame.Line).Take(lines.Count), lines);
            Assert.NotNull(capture.Problem);
            Assert.Contains("cut short", capture.Problem.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pipe_is_read_as_it_comes_and_can_be_left(string kind)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("named pipes in the file system are not on Windows");
        var (file, frames) = Sample(kind, seed: 5);
        var pipe = Path.Combine(_folder.FullName, "pipe");
        Make("mkfifo", pipe);
        using var mayEnd = new ManualResetEventSlim();
        var writer = new Thread(() =>
        {
            using var stream = new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            foreach (var piece in file.Chunk(777)) stream.Write(piece);
            mayEnd.Wait();
        });
        writer.Start();
        using (var capture = PcapFileCapture.Open(pipe))
        {
            var lines = new List<string>();
            TestNetwork.Await(
                () =>
                {
                    Assert.True(Step(capture, lines) >= 0);
                    return lines.Count == frames.Count;
                },
                () => $"{lines.Count} of {frames.Count} frames came");
            // The writer is still there: nothing comes, and a stop is heard nevertheless.
            Assert.Equal(0, Step(capture, lines));
            capture.Stop();
            Assert.Equal(-1, Step(capture, lines));
            Assert.Equal(frames.Select(frame => frame.Line), lines);
        }

        mayEnd.Set();
        writer.Join();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_packed_pipe_that_stalls_can_be_left(string packing)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("named pipes in the file system are not on Windows");
        if (packing == "zstd" && !ZstdStream.IsSupported) Assert.Skip(ZstdStream.MissingLibrary);
        var (file, frames) = SampleCapture.Pcap(3, isBig: false, isNano: false);
        var packed = packing == "gzip" ? SampleCapture.Gzip(file) : SampleCapture.Zstd(file);
        var pipe = Path.Combine(_folder.FullName, "pipe");
        Make("mkfifo", pipe);
        using var mayEnd = new ManualResetEventSlim();
        var writer = new Thread(() =>
        {
            using var stream = new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            stream.Write(packed.AsSpan(0, packed.Length - 9));
            mayEnd.Wait();
        });
        writer.Start();
        using var stop = new CancellationTokenSource();
        using (var capture = PcapFileCapture.Open(pipe, cancel: stop.Token))
        {
            stop.CancelAfter(TimeSpan.FromMilliseconds(300));
            var lines = Lines(capture);
            Assert.Equal(frames.Select(frame => frame.Line).Take(lines.Count), lines);
            Assert.Null(capture.Problem);
        }

        mayEnd.Set();
        writer.Join();
    }

    [Fact]
    public void A_growing_file_is_followed()
    {
        var (file, frames) = SampleCapture.Pcapng(7, isBig: false);
        var path = Write(file[..500]);
        using var capture = PcapFileCapture.Open(path, isFollowed: true);
        var lines = new List<string>();
        using (var writer = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            for (var start = 500; start < file.Length; start += 333)
            {
                writer.Write(file.AsSpan(start, Math.Min(333, file.Length - start)));
                Assert.True(Step(capture, lines) >= 0);
            }
        }

        TestNetwork.Await(
            () => Step(capture, lines) >= 0 && lines.Count == frames.Count, () => $"{lines.Count} of {frames.Count}");
        Assert.Equal(frames.Select(frame => frame.Line), lines);
        Assert.Equal((0, null, null), (Step(capture, lines), capture.Problem, capture.Progress));

        File.WriteAllBytes(path, file[..100]);
        Assert.Equal(-1, Step(capture, lines));
        Assert.Contains("was cut or begun anew", capture.Problem!.Text);
    }

    [Fact]
    public void Names_and_what_was_lost_when_capturing_come_with_the_frames()
    {
        var bytes = new PcapngBytes(isBig: true).Section().Interface(1, 0, []).Interface(1, 0, []);
        byte[] Count(int code, ulong count) => bytes.Option(code, bytes.U64(count));
        bytes.Frame(0, 1, "aabb")
            .Block(4, bytes.U16(1), bytes.U16(8), [10, 0, 0, 1], "db\0\0"u8.ToArray(), bytes.U32(0))
            .Block(5, bytes.U32(0), bytes.U64(0), Count(5, 3), Count(7, 4))
            .Block(5, bytes.U32(0), bytes.U64(0), Count(5, 30), Count(7, 4)) // a later count, not a further one
            .Block(5, bytes.U32(1), bytes.U64(0), Count(5, 200))
            .Section().Interface(1, 0, []).Frame(0, 1, "ccdd")
            .Block(5, bytes.U32(0), bytes.U64(0), Count(5, 1_000));
        using var capture = PcapFileCapture.Open(Write(bytes.ToArray()));

        Assert.Equal(2, Lines(capture).Count);
        Assert.Equal([new NamedCount("recorded", "lost-when-captured", 1_234)], capture.Counters.Drops);
        Assert.Equal(1_234, capture.Counters.Lost);
        var reader = Assert.IsType<PcapngReader>(capture.Reader);
        Assert.Equal("db", reader.Names[Address.FromBytes([10, 0, 0, 1])]);
    }

    [Fact]
    public void A_filter_is_compiled_for_each_link_type()
    {
        const string Ip = "4500001d 00000000 40110000 0a000001 0a000002 1000 0035 0009 0000 61";
        var ip = Convert.ToHexString(Hex.Bytes(Ip));
        var other = ip.Replace("10000035", "10000036", StringComparison.Ordinal);
        const string Ethernet = "020000000001020000000002" + "0800";
        var file = new PcapngBytes(isBig: false).Section().Interface(1, 0).Interface(101, 0)
            .Frame(0, 1, Ethernet + ip).Frame(1, 2, ip).Frame(0, 3, Ethernet + other).Frame(1, 4, other).ToArray();
        using var capture = PcapFileCapture.Open(Write(file), TestNetwork.Filter("udp port 53"));

        var accepted = Lines(capture).Select(line => string.Join(' ', line.Split(' ')[..3]));
        Assert.Equal(["0 Ethernet 1000", "1 Raw 2000"], accepted);
        Assert.Equal((2L, 2L), (capture.Counters.Received, capture.Counters.Filtered));
    }

    [Theory]
    [InlineData(new byte[0], "is empty")]
    [InlineData(new byte[] { 1, 2 }, "is not a capture file: first bytes 01 02")]
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4, 5 }, "is not a capture file: first bytes 50 4b 03 04")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0 }, "has nothing inside its gzip, or is cut short")]
    public void What_is_no_capture_is_refused_in_one_line(byte[] file, string expected)
    {
        var problem = Assert.Throws<CaptureException>(() => PcapFileCapture.Open(Write(file)));

        Assert.Contains(expected, problem.Message);
        Assert.DoesNotContain('\n', problem.Message);
    }

    private static (byte[] File, List<SampleFrame> Frames) Sample(string kind, int seed) => kind.StartsWith("pcapng")
        ? SampleCapture.Pcapng(seed, kind.EndsWith("mixed") ? null : kind.EndsWith("big"))
        : SampleCapture.Pcap(seed, kind.EndsWith("big"), kind.Contains("-ns-"));

    private static int Step(PcapFileCapture capture, List<string> lines)
    {
        var frames = new Frame[16];
        var count = capture.Receive(frames, s_wait);
        for (var index = 0; index < count; index++) lines.Add(FrameLines.Line(in frames[index]));
        capture.Release();
        return count;
    }

    private static List<string> Lines(PcapFileCapture capture)
    {
        var lines = new List<string>();
        while (Step(capture, lines) >= 0) { }
        return lines;
    }

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder.FullName, "file");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void Make(string program, string argument)
    {
        using var process = System.Diagnostics.Process.Start(program, [argument]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
