using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs.Pcapng;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Read;

/// <summary>Reads capture files one after the other, as one capture.</summary>
internal sealed class FileReading(
    Terminal terminal, CaptureSettings settings, IReadOnlyList<string> paths, Interrupts interrupts)
{
    private const int SnapLengthMax = 262_144;

    private readonly LedgerSum _ledger = new();
    private bool _hasFailed;

    /// <summary>Whether the last file is still being written.</summary>
    public bool IsFollowing { get; init; }

    public int Run()
    {
        var filter = CaptureOutput.PacketFilter(settings);
        if (settings.WriteTo is not null && paths.All(IsMissing))
        {
            // Before what is there to be written over is emptied.
            foreach (var path in paths) terminal.Say($"{path} does not exist");
            return ExitCode.Failed;
        }

        using var output = new CaptureOutput(terminal, settings, paths);
        if (settings.Format == OutputFormat.Pcapng)
        {
            CopyPackets(output, filter);
        }
        else
        {
            var desk = output.NewDesk();
            using var sink = new RecordFrames(new ShardOptions(), desk);
            Pump(output, sink, filter, isLastTime: true);
            sink.Finish();
            _ledger.Add(sink.Ledger());
        }

        output.Finish();
        var isSummary = settings.Format == OutputFormat.Summary;
        if (isSummary || settings.IsSummarised || interrupts.Reason == StopReason.Interrupted)
        {
            output.WriteSummary(_ledger.Lines, isSummary);
        }

        return interrupts.Reason switch
        {
            StopReason.Interrupted => ExitCode.Interrupted,
            StopReason.Terminated => ExitCode.Terminated,
            _ => _hasFailed ? ExitCode.Failed : ExitCode.Ok,
        };
    }

    private void CopyPackets(CaptureOutput output, CaptureFilter? filter)
    {
        var copy = new PacketCopy(new PcapngWriter(output.Buffer, output.InterfaceName), settings.CountMax);
        if (settings.Where is null)
        {
            using var copied = new CopiedFrames(copy);
            Pump(output, copied, filter, isLastTime: true);
            copied.Finish();
            return;
        }

        var canReadTwice = !IsFollowing && paths.All(CanReadTwice);
        var wanted = new WantedFlows(forgetsEnded: !canReadTwice);
        var desk = output.NewDesk(wanted, output.Tally, countMax: 0);
        if (!canReadTwice)
        {
            using var held = new HeldFrames(new ShardOptions(), desk, wanted, copy);
            Pump(output, held, filter, isLastTime: true);
            held.Finish();
            _ledger.Add(held.Ledger());
            return;
        }

        using (var first = new RecordFrames(new ShardOptions(), desk))
        {
            Pump(output, first, filter, isLastTime: false);
            first.Finish();
            _ledger.Add(first.Ledger());
        }

        using var second = new SelectedFrames(wanted, copy);
        Pump(output, second, filter, isLastTime: true);
        second.Finish();
    }

    private void Pump(CaptureOutput output, FrameSink sink, CaptureFilter? filter, bool isLastTime)
    {
        // Nobody needs to be told how far it is who sees the records go by.
        var showsProgress = terminal.IsErrorTerminal && !settings.IsQuiet
            && !(terminal.IsOutputTerminal && settings.WriteTo is null && settings.Format == OutputFormat.Table);
        var meter = new Outputs.Summary.CaptureMeter();
        var progress = new ProgressLine(terminal, meter);
        var pump = new CapturePump(new MeteredFrames(sink, meter), terminal.Clock)
        {
            Progressed = showsProgress ? progress.Update : null,
        };
        try
        {
            foreach (var path in paths)
            {
                if (sink.IsFull || interrupts.Token.IsCancellationRequested) break;

                PumpFile(path, output, pump, filter, progress, isLastTime);
                // Records name the interfaces of the file they come from.
                sink.Flush();
            }
        }
        finally
        {
            progress.Clear();
            if (isLastTime) output.Meter.Add(meter);
        }
    }

    private void PumpFile(
        string path, CaptureOutput output, CapturePump pump, CaptureFilter? filter, ProgressLine progress, bool isLastTime)
    {
        try
        {
            using var capture = PcapFileCapture.Open(
                path, filter, IsFollowing && path == paths[^1], interrupts.Token);
            output.Origins.Open([capture]);
            pump.Run(capture, isLive: false, interrupts.Token);
            if (!isLastTime) return;

            _ledger.Add(capture.Counters);
            if (capture.Problem is not { } problem) return;

            progress.Clear();
            Fail(problem.Text);
        }
        catch (OperationCanceledException)
        {
            // A pipe that nobody wrote to: there is nothing to tell of it.
        }
        catch (CaptureException problem)
        {
            progress.Clear();
            if (isLastTime) Fail(problem.Message);
        }
    }

    private void Fail(string text)
    {
        terminal.Say(text);
        _hasFailed = true;
    }

    private static bool IsMissing(string path) => path != "-" && !Path.Exists(path);

    private static bool CanReadTwice(string path)
    {
        if (path == "-" || path.StartsWith("/dev/", StringComparison.Ordinal)
            || path.StartsWith("/proc/", StringComparison.Ordinal))
        {
            return false;
        }

        // A named pipe has no length, and looking at it closer would already take something out.
        var file = new FileInfo(path);
        return !file.Exists || file.Length > 0;
    }
}
