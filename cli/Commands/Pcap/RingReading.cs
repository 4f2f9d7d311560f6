using System.Buffers;
using System.Globalization;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs;
using NetSniff.Filters.Expression;
using NetSniff.Packets;
using NetSniff.Sensor.Keeping;
using NetSniff.Storage.PacketRing;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Pcap;

/// <summary>Reads the rings of a sensor on this machine, whether it runs or not.</summary>
internal sealed class RingReading(Terminal terminal, Interrupts interrupts)
{
    private const int PieceBytes = 1 << 18;

    public int Run(string folder, PacketsRequest request, string? path)
    {
        var rings = RingsOf(folder);
        var filter = PacketFilter.Of(FilterExpression.Parse(request.Where).Filter!)
            ?? throw new UsageException(
                "--where asks for what only records know: ask the worker, or `netsniff pcap --from "
                + $"{folder} -o - | netsniff read - --where '{request.Where}' -o pcapng`");
        var query = new RingQuery
        {
            FromNanos = request.SinceNanos == 0 ? long.MinValue : request.SinceNanos,
            ToNanos = request.UntilNanos == 0 ? long.MaxValue : request.UntilNanos,
        };
        using var merge = new RingMerge([.. rings.Select(ring => PacketRing.FindIn(ring, query))]);
        using var target = new CaptureTarget(terminal, path);
        var buffer = new ArrayBufferWriter<byte>(2 * PieceBytes);
        var file = new CutFile(buffer, $"netsniff: read from {folder}");
        var bytes = 0UL;
        var packet = new Packet();
        while (merge.MoveNext() && !interrupts.Token.IsCancellationRequested)
        {
            var frame = merge.Current;
            if (!filter.IsAlways)
            {
                PacketDecoder.Decode(in frame, ref packet);
                if (!filter.Matches(in packet)) continue;
            }

            file.Write("", merge.Interface, in frame);
            if (buffer.WrittenCount >= PieceBytes) bytes += Flush(buffer, target);
            if (file.Packets == request.PacketsMax) break;
            if (request.BytesMax > 0 && bytes + (ulong)buffer.WrittenCount >= request.BytesMax) break;
        }

        bytes += Flush(buffer, target);
        var place = path is null ? "" : $" in {path}";
        terminal.Say($"{Human.Count(file.Packets)} packets, {Human.Count(bytes)} bytes{place}");
        return interrupts.Reason == StopReason.Interrupted ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private static ulong Flush(ArrayBufferWriter<byte> buffer, CaptureTarget target)
    {
        var count = (ulong)buffer.WrittenCount;
        target.Write(buffer.WrittenSpan);
        buffer.ResetWrittenCount();
        return count;
    }

    /// <summary>A spool's folder, the folder of packets in it, or a single ring.</summary>
    private static List<string> RingsOf(string folder)
    {
        if (PacketRing.IsRing(folder)) return [folder];

        foreach (var parent in (string[])[Path.Combine(folder, PacketKeeping.FolderName), folder])
        {
            if (!Directory.Exists(parent)) continue;

            var rings = Directory.GetDirectories(parent).Where(PacketRing.IsRing)
                .OrderBy(static path => int.TryParse(
                    Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number : int.MaxValue).ToList();
            if (rings.Count > 0) return rings;
        }

        throw new IOException($"{folder} holds no packets: a sensor keeps them there when it runs with --packets");
    }
}
