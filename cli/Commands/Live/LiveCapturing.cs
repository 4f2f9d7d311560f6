using System.Runtime.ExceptionServices;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs.Pcapng;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Live;

/// <summary>Captures from interfaces until told to stop: a thread and a shard for each ring, one output for all.
/// </summary>
internal sealed class LiveCapturing(Terminal terminal, CaptureSettings settings, Interrupts interrupts)
{
    public const int SnapLengthMax = 262_144;

    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(250);

    private readonly LedgerSum _ledger = new();
    private readonly List<CaptureMeter> _meters = [];
    private LiveWatch? _watch;
    private long _unwanted;
    private PacketCopy? _copy;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Called when everything that comes from now on will be seen.</summary>
    public Action? Started { get; init; }

    public int Run(LiveOptions options, string backend, TimeSpan? duration)
    {
        // Asked for first, so that a bad filter is told before rights are.
        CaptureOutput.Where(settings);
        var found = Captures.FindLive(backend)
            ?? throw new UsageException(
                $"--backend is {Captures.AnyBackend}, {string.Join(" or ", Captures.LiveNames)}, not '{backend}'");
        var captures = found.Open!(options);
        try
        {
            _watch = new LiveWatch(terminal, captures, settings.IsQuiet);
            if (Started is null) _watch.Begin(found.Info.Name); // whoever is called has words of its own
            using var output = new CaptureOutput(terminal, settings, inputs: []);
            output.Origins.Open(captures);
            return Capture(output, captures, duration);
        }
        finally
        {
            foreach (var capture in captures) capture.Dispose();
        }
    }

    private int Capture(CaptureOutput output, IReadOnlyList<PacketCapture> captures, TimeSpan? duration)
    {
        var sinks = Sinks(output, captures.Count);
        Started?.Invoke();
        using (var timer = StopAfter(duration)) PumpAll(captures, sinks);
        _failure?.Throw();

        // In turn, by this thread: the output is one.
        foreach (var sink in sinks)
        {
            sink.Finish();
            _ledger.Add(sink.Ledger());
            sink.Dispose();
        }

        output.Finish();
        _copy?.WriteStatistics(_ledger);
        _ledger.Add([new LedgerLine("capture", "not looked at after --count", _unwanted, IsLoss: false)]);
        foreach (var meter in _meters) output.Meter.Add(meter);
        output.WriteSummary(_ledger.Lines, settings.Format == OutputFormat.Summary, _ledger.Balance);
        _watch!.End(_ledger.Lost);
        if (interrupts.Reason == StopReason.Interrupted) return ExitCode.Interrupted;
        return captures.Any(capture => capture.Problem is not null) ? ExitCode.Failed : ExitCode.Ok;
    }

    private List<FrameSink> Sinks(CaptureOutput output, int count)
    {
        var numbers = Enumerable.Range(0, count).Select(number => new ShardOptions { ShardNumber = (ushort)number });
        if (settings.Format != OutputFormat.Pcapng)
        {
            var desk = output.NewDesk();
            return [.. numbers.Select(options => new RecordFrames(options, desk))];
        }

        var copy = new PacketCopy(new PcapngWriter(output.Buffer, output.InterfaceName), settings.CountMax);
        _copy = copy;
        return [.. numbers.Select(options => PacketSink(output, options, copy))];
    }

    private FrameSink PacketSink(CaptureOutput output, ShardOptions options, PacketCopy copy)
    {
        if (settings.Where is null) return new CopiedFrames(copy);

        // Which flows are wanted is each shard's own business, so nothing but the file is shared.
        var wanted = new WantedFlows(forgetsEnded: true);
        return new HeldFrames(options, output.NewDesk(wanted, tally: null, countMax: 0), wanted, copy);
    }

    private void PumpAll(IReadOnlyList<PacketCapture> captures, List<FrameSink> sinks)
    {
        var threads = new List<Thread>();
        for (var index = 0; index < captures.Count; index++)
        {
            var (capture, sink, meter) = (captures[index], sinks[index], new CaptureMeter());
            _meters.Add(meter);
            var thread = new Thread(() => Pump(capture, sink, meter)) { Name = $"shard {index}" };
            threads.Add(thread);
            thread.Start();
        }

        foreach (var thread in threads)
        {
            while (!thread.Join(s_watch)) _watch!.Look();
        }

        foreach (var capture in captures) _ledger.Add(capture.Counters);
    }

    private void Pump(PacketCapture capture, FrameSink sink, CaptureMeter meter)
    {
        try
        {
            var pump = new CapturePump(new MeteredFrames(sink, meter), terminal.Clock)
            {
                Filled = () => interrupts.Stop(StopReason.Enough),
            };
            pump.Run(capture, isLive: true, interrupts.Token);
            lock (_meters) _unwanted += pump.Unwanted;
        }
        catch (Exception problem) when (problem is IOException or CaptureException)
        {
            // The first to fail stops all; who started them tells the user.
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(problem), null);
            interrupts.Stop(StopReason.Enough);
        }
    }

    private ITimer? StopAfter(TimeSpan? duration) => duration is not { } length
        ? null
        : terminal.Clock.CreateTimer(
            _ => interrupts.Stop(StopReason.Enough), null, length, Timeout.InfiniteTimeSpan);
}
