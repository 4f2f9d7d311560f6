using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Pcap;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Tests.Capture;
using NetSniff.Tests.Pcap;

namespace NetSniff.Tests.Commands.Live;

/// <summary>`netsniff live` as a user runs it, in namespaces of the test's own.</summary>
[Collection("network")]
public sealed partial class LiveCommandTests : IDisposable
{
    private const int Interrupt = 2, Terminate = 15;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netsniff-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(Interrupt, 1, 130)]
    [InlineData(Terminate, 2, 0)]
    public void A_signal_ends_it_with_everything_that_had_come_and_an_account(int signal, int threads, int exitCode)
    {
        const int Count = 5_000;
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        // Opened first, it is served last: what it has counted, the program has too.
        using var witness = TestNetwork.OpenOne("af-packet", network.Filtered("udp port 9"));
        using var process = Start(
            network, "-i", TestNetwork.Far, "-o", "summary", "--filter", "udp port 9", "--rings", $"{threads}");
        var errors = new StringBuilder();
        for (var line = ""; !line.Contains("capturing on far", StringComparison.Ordinal); errors.AppendLine(line))
        {
            line = process.StandardError.ReadLine() ?? throw new InvalidOperationException($"it ended: {errors}");
        }

        for (var number = 0; number < Count; number++)
        {
            sender.Send(PacketSender.Udp(number, sourcePort: 4000 + (number % 64)));
        }

        TestNetwork.AwaitOffered([witness], Count);
        Assert.Equal(0, Kill(process.Id, signal));
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.Contains($"5,000 offered = 5,000 taken + 0 left out + 0 lost\n", output);
        Assert.Matches(@"decode +in +5,000", output);
        Assert.Matches(@"flows +64", output);
        Assert.Equal(exitCode, process.ExitCode);
    }

    [Fact]
    public void So_many_packets_are_written_and_the_file_says_what_was_counted()
    {
        using var network = new TestNetwork();
        using var sender = network.FromNear();
        var path = Path.Combine(_folder.FullName, "out.pcapng");
        using var run = new Run(["live", "-i", TestNetwork.Far, "--netns", network.FarSpace.Path, "-w", path, "-n", "5",
            "--filter", "udp port 9"]);
        TestNetwork.Await(
            () =>
            {
                sender.Send(PacketSender.Tagged(PacketSender.Udp((int)sender.Sent), 0x8100, 3));
                sender.Send(PacketSender.Udp((int)sender.Sent));
                return run.HasEnded;
            },
            () => $"it goes on: {run.Errors}");

        Assert.Equal(0, run.ExitCode);
        using var capture = PcapFileCapture.Open(path);
        var frames = CapturedFrames.ReadToEnd(capture);
        Assert.Equal(5, frames.Count);
        Assert.Equal(TestNetwork.Far, Assert.Single(capture.Interfaces).Name);
        var reader = Assert.IsType<PcapngReader>(capture.Reader);
        Assert.True(reader.Statistics[0].Received >= 5);
        Assert.Equal(0, reader.Statistics[0].Dropped);
        Assert.DoesNotContain("unexplained", run.Errors);
    }

    [Fact]
    public void An_interface_that_goes_away_is_told_and_fails_it()
    {
        using var network = new TestNetwork();
        using var run = new Run(
            ["live", "-i", TestNetwork.Far, "-i", "lo", "--netns", network.FarSpace.Path, "-o", "jsonl"]);
        run.AwaitError("capturing on far, lo (af-packet); Ctrl-C ends it");
        network.NearSpace.Ip($"link del {TestNetwork.Near}");
        run.AwaitError("netsniff: the interface far is gone");
        // The other one is still there.
        Assert.False(run.HasEnded);
        network.FarSpace.Ip("link set lo down");
        run.AwaitError("the interface lo is down: capture goes on when it is up again");
        Assert.False(run.HasEnded);
        run.Stop();
        Assert.Equal(1, run.ExitCode);
    }

    [Theory]
    [InlineData("-i nowhere", 1, "netsniff: there is no interface nowhere; there are far, lo and any")]
    [InlineData("-i far --backend tea", 2, "netsniff: --backend is auto, af-packet or libpcap, not 'tea'")]
    [InlineData("-i far --rings 65", 2, "netsniff: --rings is a whole number from 1 to 64, not '65'")]
    [InlineData("-i far --ring-mib much", 2, "netsniff: --ring-mib is a whole number from 1 to 4096, not 'much'")]
    [InlineData("-i far --direction up", 2, "netsniff: --direction is in, out or both, not 'up'")]
    [InlineData("-i far --duration soon", 2, "netsniff: --duration is a length of time such as 30s, 5m or 1h")]
    [InlineData("-i far --backend libpcap --rings 2", 1, "netsniff: libpcap cannot share an interface among threads")]
    [InlineData("-i far -w /nowhere/out.jsonl", 1, "netsniff: Could not find a part of the path '/nowhere/out.jsonl'")]
    public void What_cannot_be_is_told_in_one_line(string arguments, int exitCode, string expected)
    {
        using var network = new TestNetwork();
        using var run = new Run(["live", "--netns", network.FarSpace.Path, .. arguments.Split(' ')]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith(expected, run.Errors.Split('\n')[^2]);
    }

    [Fact]
    public void A_namespace_that_is_not_there_is_told()
    {
        TestNamespace.Need();
        using var run = new Run(["live", "--netns", "nowhere", "-i", "lo"]);

        Assert.Equal(1, run.ExitCode);
        const string Expected = "the network namespace /run/netns/nowhere cannot be opened: No such file or directory";
        Assert.Equal($"netsniff: {Expected}\n", run.Errors);
    }

    private static Process Start(TestNetwork network, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "netsniff.dll");
        // Where the tests run in the background, Ctrl-C is ignored by them and by what they start.
        string[] all =
        [
            "--default-signal=INT", "dotnet", program, "live", "--netns", network.FarSpace.Path, .. arguments,
        ];
        return Process.Start(new ProcessStartInfo("env", all)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <summary>A command run inside the test.</summary>
    private sealed class Run : IDisposable
    {
        private readonly MemoryStream _output = new();
        private readonly LockedText _errors = new();
        private readonly Thread _thread;
        private readonly Terminal _terminal;
        private readonly StoppableClock _clock = new();
        private int _exitCode;

        public Run(string[] arguments)
        {
            _terminal = new Terminal { Output = _output, Error = _errors, Clock = _clock };
            // What it waits for is a clock of ours, so that the test says when the time is over.
            var endsItself = arguments.Contains("--duration") || arguments.Contains("-n");
            string[] all = endsItself ? arguments : [.. arguments, "--duration", "1h"];
            _thread = new Thread(() => _exitCode = CommandList.Run(all, _terminal, listens: false));
            _thread.Start();
        }

        public string Errors => _errors.ToString();

        public bool HasEnded => !_thread.IsAlive;

        public int ExitCode
        {
            get
            {
                Assert.True(_thread.Join(TestNetwork.Patience), $"it goes on: {Errors}");
                return _exitCode;
            }
        }

        public void Stop() => _clock.Fire();

        public void Dispose()
        {
            _output.Dispose();
            _errors.Dispose();
        }

        public void AwaitError(string text) =>
            TestNetwork.Await(() => Errors.Contains(text, StringComparison.Ordinal), () => $"no '{text}' in: {Errors}");
    }

    /// <summary>The system's clock, with timers that go off when the test says so.</summary>
    private sealed class StoppableClock : TimeProvider
    {
        private Action? _fire;

        public void Fire() => _fire!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
