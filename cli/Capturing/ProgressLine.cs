using System.Globalization;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Capturing;

/// <summary>How far a long file has been read, on a line of its own that is written over.</summary>
internal sealed class ProgressLine(Terminal terminal, CaptureMeter meter)
{
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(100);

    /// <summary>A file read in less shows no progress at all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    private readonly long _start = terminal.Clock.GetTimestamp();
    private long _shownAt = terminal.Clock.GetTimestamp();
    private bool _isShown;

    public void Update(PacketCapture capture)
    {
        if (terminal.Clock.GetElapsedTime(_shownAt) < s_between) return;

        var elapsed = terminal.Clock.GetElapsedTime(_start);
        if (elapsed < s_patience) return;

        _shownAt = terminal.Clock.GetTimestamp();
        _isShown = true;
        terminal.Error.Write($"\r{Text(TerminalText.Clean(capture.Name), capture.Progress, meter, elapsed)}\e[K");
        terminal.Error.Flush();
    }

    /// <summary>Leaves the line to whoever writes next.</summary>
    public void Clear()
    {
        if (!_isShown) return;

        terminal.Error.Write("\r\e[K");
        terminal.Error.Flush();
        _isShown = false;
    }

    /// <summary>`big.pcap  45%  1.2Mpkt/s  340MB/s  12s left`.</summary>
    internal static string Text(string name, double? share, CaptureMeter meter, TimeSpan elapsed)
    {
        var seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        var rate = $"{Human.Size(meter.Packets / seconds)}pkt/s  {Human.Size(meter.Bytes / seconds)}B/s";
        if (share is not (> 0 and var done)) return $"{name}  {Human.Size(meter.Packets)}pkt  {rate}";

        var left = TimeSpan.FromSeconds(Math.Min(seconds * (1 - done) / done, TimeSpan.FromDays(99).TotalSeconds));
        var percent = Math.Floor(100 * done).ToString(CultureInfo.InvariantCulture);
        return $"{name}  {percent}%  {rate}  {Human.Duration(left.Ticks * TimeSpan.NanosecondsPerTick)} left";
    }
}
