using System.Diagnostics;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Eve;
using NetSniff.Cli.Outputs.Pcapng;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Pcap;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.PcapFile;

using NetSniff.Records;

namespace NetSniff.Fuzz.Torture;

/// <summary>Reads damaged captures as `netsniff read` does: the same reader, pump, shard and outputs, in memory.
/// </summary>
internal sealed class TortureRun
{
    private const int OutputsCount = 6;

    private readonly OutputBuffer _buffer = new(Stream.Null);
    private int _turn;

    /// <summary>Longest that one reading took; set to zero to begin anew.</summary>
    public TimeSpan Longest { get; set; }

    public long Runs { get; private set; }

    public long BytesRead { get; private set; }

    /// <summary>Reads some bytes as a capture file, into the next output in turn.</summary>
    /// <returns>What is wrong with how it went; null when all was well.</returns>
    public string? Read(byte[] bytes, int length, string name)
    {
        Runs++;
        BytesRead += length;
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var capture = PcapFileCapture.Open(new MemoryStream(bytes, 0, length, writable: false), name);
            Pump(capture, _turn++ % OutputsCount);
            return Judge(capture, length, name);
        }
        catch (CaptureException refusal)
        {
            return refusal.Message.StartsWith(name, StringComparison.Ordinal)
                && !refusal.Message.Contains('\n', StringComparison.Ordinal)
                ? null
                : $"refused badly: {refusal.Message}";
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
        finally
        {
            var took = Stopwatch.GetElapsedTime(began);
            if (took > Longest) Longest = took;
        }
    }

    /// <summary>An end before the end is told, in one line with the file and the place.</summary>
    private static string? Judge(PcapFileCapture capture, int length, string name)
    {
        if (capture.Problem is { } problem)
        {
            return problem.Text.StartsWith(name, StringComparison.Ordinal)
                && !problem.Text.Contains('\n', StringComparison.Ordinal)
                ? null
                : $"told badly: {problem.Text}";
        }

        // Of a packed file the reader's place is not the file's.
        return capture.IsPacked || capture.Reader.Offset == length
            ? null
            : $"ended at byte {capture.Reader.Offset} of {length} without a word";
    }

    private void Pump(PcapFileCapture capture, int turn)
    {
        var meter = new CaptureMeter();
        var tally = new TrafficTally();
        using var sink = Sink(turn, tally);
        var pump = new CapturePump(new MeteredFrames(sink, meter), TimeProvider.System);
        pump.Run(capture, isLive: false, CancellationToken.None);
        sink.Finish();
        if (turn == 3) new SummaryReport(_buffer, isColoured: true).Write(meter, tally, [.. sink.Ledger()]);
        _buffer.Flush();
    }

    private FrameSink Sink(int turn, TrafficTally tally)
    {
        var options = new ShardOptions
        {
            FlowsMax = 1 << 16, ArenaBytes = 1 << 18, FragmentedDatagramsMax = 64, FragmentBytesMax = 1 << 20,
        };
        if (turn < 4) return new RecordFrames(options, new RecordDesk(null, OutputOf(turn), tally, countMax: 0));

        var copy = new PacketCopy(new Cli.Outputs.Pcapng.PcapngWriter(_buffer, static _ => null), countMax: 0);
        if (turn == 4) return new CopiedFrames(copy);

        var wanted = new WantedFlows(forgetsEnded: true);
        return new HeldFrames(options, new RecordDesk(null, wanted, tally, countMax: 0), wanted, copy);
    }

    private Output OutputOf(int turn) => turn switch
    {
        0 => new TableOutput(_buffer, new TableOptions(Columns: 120, IsColoured: true, Flows: FlowLines.All)),
        1 => new JsonlOutput(_buffer, OriginBook.None),
        2 => new EveOutput(_buffer, OriginBook.None),
        _ => new SummaryOutput(),
    };
}
