using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using NetSniff.Packets;
using NetSniff.Tests.Pcap;

namespace NetSniff.Tests.Capture.PcapFile;

/// <summary>A frame of a made-up capture.</summary>
/// <param name="Place">Of its interface in the list a reader makes.</param>
internal sealed record SampleFrame(int Place, LinkType LinkType, long TimeNanos, byte[] Bytes, int WireLength)
{
    /// <summary>As <see cref="FrameLines.Line"/> writes it.</summary>
    public string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Place} {LinkType} {TimeNanos} {Bytes.Length}/{WireLength} {Convert.ToHexStringLower(Bytes)}");
}

/// <summary>Captures made by chance from a seed, as files of every kind and as what must be read from them.</summary>
internal static class SampleCapture
{
    private const long Start = 1_700_000_000_000_000_000;

    // Resolution as if_tsresol has it, nanoseconds of a tick, offset in seconds. 2^-9 s is 1953125 ns exactly.
    private static readonly (byte Resolution, long TickNanos, long Offset)[] s_clocks =
        [(6, 1_000, 0), (9, 1, 0), (3, 1_000_000, 0), (0x89, 1_953_125, 0), (6, 1_000, 3_600), (9, 1, -86_400)];

    private static readonly LinkType[] s_links = [LinkType.Ethernet, LinkType.Raw, LinkType.LinuxSll, LinkType.Null];

    public static (byte[] File, List<SampleFrame> Frames) Pcap(int seed, bool isBig, bool isNano)
    {
        var random = new Random(seed);
        var link = s_links[random.Next(s_links.Length)];
        var file = new List<byte>();
        void Put32(uint value) => file.AddRange(new PcapngBytes(isBig).U32(value));
        Put32(isNano ? 0xA1B23C4D : 0xA1B2C3D4);
        file.AddRange([.. new PcapngBytes(isBig).U16(2), .. new PcapngBytes(isBig).U16(4), .. new byte[8]]);
        Put32(262_144);
        Put32((uint)link);
        var frames = new List<SampleFrame>();
        for (var count = random.Next(60); count > 0; count--)
        {
            var frame = Frame(random, 0, link, isNano ? 1 : 1_000, 0);
            Put32((uint)(frame.TimeNanos / 1_000_000_000));
            Put32((uint)(frame.TimeNanos % 1_000_000_000 / (isNano ? 1 : 1_000)));
            Put32((uint)frame.Bytes.Length);
            Put32((uint)frame.WireLength);
            file.AddRange(frame.Bytes);
            frames.Add(frame);
        }

        return ([.. file], frames);
    }

    /// <summary>Some sections, each in an order of its own if wanted, with some interfaces each.</summary>
    public static (byte[] File, List<SampleFrame> Frames) Pcapng(int seed, bool? isBig)
    {
        var random = new Random(seed);
        var file = new List<byte>();
        var frames = new List<SampleFrame>();
        var places = 0;
        for (var sections = random.Next(1, 4); sections > 0; sections--)
        {
            var bytes = new PcapngBytes(isBig ?? random.Next(2) == 0).Section();
            var interfaces = new List<Described>();
            for (var count = random.Next(1, 5); count > 0; count--)
            {
                var (link, clock) = (s_links[random.Next(s_links.Length)], s_clocks[random.Next(s_clocks.Length)]);
                var described = new Described(places++, link, clock);
                interfaces.Add(described);
                Describe(bytes, described);
            }

            for (var count = random.Next(40); count > 0; count--)
            {
                var number = random.Next(interfaces.Count);
                var (place, link, clock) = interfaces[number];
                var frame = Frame(random, place, link, clock.TickNanos, clock.Offset);
                var ticks = (ulong)((frame.TimeNanos - (clock.Offset * 1_000_000_000)) / clock.TickNanos);
                bytes.Frame((uint)number, ticks, Convert.ToHexString(frame.Bytes), (uint)frame.WireLength);
                frames.Add(frame);
                if (random.Next(4) == 0) bytes.Block(0x0BAD, bytes.U32((uint)random.Next())); // of no known type
            }

            file.AddRange(bytes.ToArray());
        }

        return ([.. file], frames);
    }

    private sealed record Described(int Place, LinkType Link, (byte Resolution, long TickNanos, long Offset) Clock);

    private static void Describe(PcapngBytes bytes, Described described)
    {
        var (place, link, clock) = described;
        var name = System.Text.Encoding.ASCII.GetBytes($"if{place}"); // one that no other section has
        bytes.Interface(
            (int)link, 0, bytes.Option(2, name), bytes.Option(9, [clock.Resolution]),
            bytes.Option(14, bytes.U64((ulong)clock.Offset)), bytes.Option(0, []));
    }

    private static SampleFrame Frame(Random random, int place, LinkType link, long tickNanos, long offset)
    {
        var bytes = new byte[random.Next(3) == 0 ? random.Next(2_000) : random.Next(100)];
        random.NextBytes(bytes);
        var time = Start + random.NextInt64(1_000_000_000_000);
        var ticks = (time - (offset * 1_000_000_000)) / tickNanos;
        return new SampleFrame(
            place, link, (ticks * tickNanos) + (offset * 1_000_000_000), bytes, bytes.Length + random.Next(2_000));
    }

    /// <summary>A zstd frame of blocks that are not compressed (RFC 8878 section 3.1.1).</summary>
    public static byte[] Zstd(byte[] bytes)
    {
        const int BlockBytes = 1_000;
        // No size, no checksum; a window of 1 KiB.
        var packed = new List<byte> { 0x28, 0xB5, 0x2F, 0xFD, 0, 0 };
        for (var start = 0; start < bytes.Length || start == 0; start += BlockBytes)
        {
            var length = Math.Min(BlockBytes, bytes.Length - start);
            var isLast = start + length == bytes.Length;
            var header = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(header, (length << 3) | (isLast ? 1 : 0));
            packed.AddRange([.. header[..3], .. bytes.AsSpan(start, length)]);
        }

        return [.. packed];
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
