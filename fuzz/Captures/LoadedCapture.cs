using System.Buffers;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Fuzz.Captures;

/// <summary>A capture file in memory, frame by frame.</summary>
/// <param name="Problem">Why it ended early, if it did.</param>
internal sealed record LoadedCapture(string Name, IReadOnlyList<CapturedFrame> Frames, string? Problem)
{
    private const int BatchFrames = 64;

    /// <exception cref="CaptureException">It is no capture.</exception>
    public static LoadedCapture Read(string path) => Read(path, File.ReadAllBytes(path));

    /// <exception cref="CaptureException">The bytes are no capture.</exception>
    public static LoadedCapture Read(string name, byte[] bytes)
    {
        using var capture = PcapFileCapture.Open(new MemoryStream(bytes, writable: false), name);
        var frames = new List<CapturedFrame>();
        var batch = new Frame[BatchFrames];
        while (capture.Receive(batch, TimeSpan.Zero) is var count and >= 0)
        {
            foreach (ref readonly var frame in batch.AsSpan(0, count))
            {
                frames.Add(new CapturedFrame(
                    frame.Bytes.ToArray(), frame.WireLength, frame.TimeNanos, frame.LinkType, frame.Interface));
            }

            capture.Release();
        }

        return new LoadedCapture(name, frames, capture.Problem?.Text);
    }

    /// <summary>The frames as a pcap file of the first frame's link type; frames of others are left out.</summary>
    public static unsafe byte[] ToPcap(IReadOnlyList<CapturedFrame> frames)
    {
        var output = new ArrayBufferWriter<byte>();
        var linkType = frames.Count > 0 ? frames[0].LinkType : LinkType.Ethernet;
        var writer = new PcapWriter(output, linkType);
        foreach (var frame in frames)
        {
            if (frame.LinkType != linkType) continue;
            fixed (byte* data = frame.Bytes)
            {
                var wire = Math.Max(frame.WireLength, frame.Bytes.Length);
                writer.Write(new Frame((nint)data, frame.Bytes.Length, wire, frame.TimeNanos, linkType));
            }
        }

        return output.WrittenSpan.ToArray();
    }
}
