using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Bench.Inside;

/// <summary>Frames of a trace, batch by batch.</summary>
internal static class Frames
{
    public const int BatchMax = 256;

    public delegate void Batch(Span<Frame> frames);

    public static void Each(string path, Batch use)
    {
        using var capture = PcapFileCapture.Open(path);
        var frames = new Frame[BatchMax];
        int count;
        while ((count = capture.Receive(frames, TimeSpan.Zero)) >= 0)
        {
            use(frames.AsSpan(0, count));
            capture.Release();
        }
    }
}

/// <summary>Lets records go by.</summary>
internal sealed class NoConsumer : RecordConsumer
{
    public long Count { get; private set; }

    public override void Consume(ReadOnlySpan<byte> records, int count) => Count += count;
}

internal readonly record struct TraceSize(long Packets, long Bytes)
{
    public static TraceSize Of(string path)
    {
        long packets = 0, bytes = 0;
        Frames.Each(path, frames =>
        {
            packets += frames.Length;
            foreach (ref readonly var frame in frames) bytes += frame.WireLength;
        });
        return new TraceSize(packets, bytes);
    }
}
