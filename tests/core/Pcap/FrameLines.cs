using System.Globalization;
using System.Runtime.InteropServices;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Tests.Pcap;

/// <summary>Drives a reader as a capture does and writes each frame as a line to compare.</summary>
internal static unsafe class FrameLines
{
    /// <summary>Reads a file whose bytes arrive in pieces; the window holds what was not consumed.</summary>
    /// <returns>One line per frame: interface, link type, time, lengths, bytes.</returns>
    public static List<string> Read(byte[] file, out FrameReader reader, int piece = int.MaxValue, int batch = 64)
    {
        var lines = new List<string>();
        reader = FrameReader.TryOpen(file) ?? throw new InvalidOperationException("not a capture file");
        var frames = new Frame[batch];
        var (start, end) = (0, 0);
        while (true)
        {
            // A copy of its own for each step, so that a read beyond the window is a read beyond the block.
            var window = (byte*)NativeMemory.Alloc((nuint)Math.Max(end - start, 1));
            file.AsSpan(start, end - start).CopyTo(new Span<byte>(window, end - start));
            var count = reader.Read(window, end - start, frames, out var consumed);
            Assert.InRange(consumed, 0, end - start);
            foreach (var frame in frames.AsSpan(0, count)) lines.Add(Line(in frame));
            NativeMemory.Free(window);

            start += (int)consumed;
            if (reader.Problem is not null) break;
            if (count > 0) continue;
            if (end == file.Length) break;

            Assert.True(reader.Needed > end - start, "it stopped with all it needs");
            end += Math.Min(piece, file.Length - end);
        }

        reader.End(file.Length - start);
        return lines;
    }

    public static string Line(in Frame frame) => string.Create(
        CultureInfo.InvariantCulture,
        $"{frame.Interface} {frame.LinkType} {frame.TimeNanos} {frame.CapturedLength}/{frame.WireLength} " +
        $"{Convert.ToHexStringLower(frame.Bytes)}");
}
