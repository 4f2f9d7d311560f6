using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Tests;

/// <summary>A small capture, read whole; its frames stay where they are.</summary>
internal sealed unsafe class CaptureFile
{
    private const int BatchMax = 64;

    private readonly byte[] _bytes;

    public CaptureFile(string path)
    {
        var file = File.ReadAllBytes(path);
        _bytes = GC.AllocateUninitializedArray<byte>(file.Length, pinned: true);
        file.CopyTo(_bytes, 0);
        Frames = [.. Read()];
    }

    public Frame[] Frames { get; }

    public FrameReader? Reader { get; private set; }

    private List<Frame> Read()
    {
        List<Frame> frames = [];
        Reader = FrameReader.TryOpen(_bytes);
        if (Reader is null) return frames;

        var batch = new Frame[BatchMax];
        fixed (byte* start = _bytes)
        {
            long position = 0;
            while (true)
            {
                var count = Reader.Read(start + position, _bytes.Length - position, batch, out var consumed);
                position += consumed;
                frames.AddRange(batch.AsSpan(0, count));
                if (count == 0 && consumed == 0) return frames;
            }
        }
    }
}
