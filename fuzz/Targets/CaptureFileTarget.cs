using System.IO.Compression;
using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.PcapFile;

namespace NetSniff.Fuzz.Targets;

/// <summary>The readers of capture files, through the door that also unpacks them.</summary>
/// <remarks>A flat input: the file. Its first byte says whether it is packed on the way, so that damage lands inside as
/// well as outside.</remarks>
internal sealed class CaptureFileTarget : FuzzTarget
{
    private const int SeedsMax = 500;
    private const int SeedBytesMax = 16 << 10;
    private const long FramesMax = 10_000_000;
    private const byte PackHere = 1;

    private readonly Frame[] _frames = new Frame[64];

    public override string Name => "capture-file";

    public override int HeadBytes => 1;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library)
    {
        var made = LoadedCapture.ToPcap([.. Handmade.Capture().Take(8)]);
        yield return FuzzInput.Flat([0, .. made]);
        yield return FuzzInput.Flat([PackHere, .. made]);
        yield return FuzzInput.Flat([0, .. Gzip(made)]);
        yield return FuzzInput.Flat([0, .. s_zstd]);
        yield return FuzzInput.Flat([0, .. s_pcapng]);
        foreach (var path in library.Paths.Take(SeedsMax))
        {
            var bytes = File.ReadAllBytes(path);
            yield return FuzzInput.Flat([0, .. bytes.AsSpan(0, Math.Min(bytes.Length, SeedBytesMax))]);
        }
    }

    public override void Run(FuzzInput input, Novelty novelty)
    {
        var part = input.Parts.Count > 0 ? input.Parts[0] : [];
        var bytes = part.Length > 1 ? part[1..] : [];
        if (part.Length > 0 && part[0] == PackHere) bytes = Gzip(bytes);
        try
        {
            var pace = part.Length > 0 ? part[0] : (byte)0;
            using var capture = PcapFileCapture.Open(new SlowStream(bytes, pace), "fuzz");
            Read(capture, novelty);
        }
        catch (CaptureException refusal)
        {
            // The right answer to what is no capture, if it says so in a line.
            if (refusal.Message.Contains('\n', StringComparison.Ordinal)) throw;
            novelty.Note(1, refusal.Message.Length);
        }
    }

    private void Read(PcapFileCapture capture, Novelty novelty)
    {
        var frames = 0L;
        var sum = 0;
        while (capture.Receive(_frames, TimeSpan.Zero) is var count and >= 0)
        {
            foreach (ref readonly var frame in _frames.AsSpan(0, count))
            {
                if (frame.CapturedLength < 0 || frame.CapturedLength > FrameReader.FrameBytesMax
                    || frame.WireLength < frame.CapturedLength || frame.Interface >= capture.Interfaces.Count)
                {
                    throw new BrokenContractException($"a frame that cannot be: {frame}");
                }

                foreach (var value in frame.Bytes) sum += value;
            }

            frames += count;
            if (frames > FramesMax) throw new BrokenContractException("frames without end");
            capture.Release();
        }

        GC.KeepAlive(sum);
        var problem = capture.Reader.Problem;
        novelty.Note(
            2, (int)(problem?.Kind ?? (PcapProblemKind)0xFF) | (Novelty.Order(frames) << 8),
            (ulong)capture.Interfaces.Count);
        if (capture.Problem is { } told && told.Text.Contains('\n', StringComparison.Ordinal))
        {
            throw new BrokenContractException($"more than a line: {told.Text}");
        }
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    // A pcap header and one empty frame, as a zstd frame of one raw block (RFC 8878 section 3.1.1).
    private static readonly byte[] s_zstd = Convert.FromHexString(
        "28B52FFD" + "2028" + "410100" + "D4C3B2A1020004000000000000000000FFFF000001000000"
            + "00000000000000000000000000000000");

    // Section header, interface, an enhanced packet of four bytes, a simple packet, a name resolution block.
    private static readonly byte[] s_pcapng = Convert.FromHexString(
        "0A0D0D0A1C0000004D3C2B1A01000000FFFFFFFFFFFFFFFF1C000000"
        + "010000002000000001000000FFFF00000900010009000000" + "0000000020000000"
        + "06000000240000000000000000000000010000000400000004000000ABCDEF0124000000"
        + "03000000140000000400000001020304" + "14000000"
        + "040000002000000001000800C0000201612E620000000000" + "0000000020000000");

    /// <summary>Gives a few bytes at a time, as a pipe may.</summary>
    private sealed class SlowStream(byte[] bytes, byte pace) : Stream
    {
        private readonly int _most = pace > 0x7F ? (pace & 0x7F) | 1 : int.MaxValue;
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _given;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(Math.Min(buffer.Length, _most), bytes.Length - _given);
            bytes.AsSpan(_given, count).CopyTo(buffer);
            _given += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
