using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Packets;

namespace NetSniff.Fuzz.Targets;

/// <summary>The packet decoder, for every link type: each frame ends at a page that may not be touched.</summary>
/// <remarks>A part is a byte for the link type, one for how much longer the frame was on the wire, and the frame.
/// </remarks>
internal sealed class DecoderTarget : FuzzTarget
{
    private const int SeedsMax = 1500;
    private static readonly LinkType[] s_linkTypes = [.. Enum.GetValues<LinkType>(), (LinkType)0xFFFF];

    private readonly GuardedSlots _slots = new(1);

    public override string Name => "decoder";

    public override int HeadBytes => 2;

    public override int PartsMax => 4;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => library.Captures
        .SelectMany(capture => capture.Frames.Take(3))
        .Where(frame => Array.IndexOf(s_linkTypes, frame.LinkType) >= 0)
        .Take(SeedsMax)
        .Select(frame => FuzzInput.Flat([(byte)Array.IndexOf(s_linkTypes, frame.LinkType), 0, .. frame.Bytes]))
        .Concat(s_linkTypes.Select((_, index) => FuzzInput.Flat(
            [(byte)index, 0, .. Handmade.Capture()[3].Bytes.AsSpan(14)])));

    public override bool TryMutate(ref byte[] part, Random random) =>
        FrameFields.TryMutate(part.AsSpan(Math.Min(HeadBytes, part.Length)), random);

    public override void Run(FuzzInput input, Novelty novelty)
    {
        foreach (var part in input.Parts)
        {
            if (part.Length < HeadBytes) continue;

            var linkType = s_linkTypes[part[0] % s_linkTypes.Length];
            var bytes = part.AsSpan(HeadBytes);
            var frame = new Frame(_slots.Place(0, bytes), bytes.Length, bytes.Length + (part[1] * 16), 1, linkType);
            Packet packet = default;
            PacketDecoder.Decode(in frame, ref packet);
            Check(in packet, in frame);
            novelty.Note(
                ((byte)packet.Status << 8) | part[0], (packet.Protocol << 8) | (byte)packet.Tunnel,
                ((ulong)packet.Traits << 16) + (ulong)Novelty.Order(packet.PayloadOffset));
        }
    }

    protected override void Dispose(bool disposing)
    {
        _slots.Dispose();
        base.Dispose(disposing);
    }

    private static void Check(in Packet packet, in Frame frame)
    {
        if (packet.Status != DecodeStatus.Ok) return;

        var isInside = packet.PayloadOffset >= 0 && packet.PayloadLength >= 0
            && packet.PayloadOffset + packet.PayloadLength <= frame.CapturedLength;
        if (!isInside)
        {
            throw new BrokenContractException(
                $"payload at {packet.PayloadOffset}, {packet.PayloadLength} bytes, "
                + $"of a frame of {frame.CapturedLength}");
        }

        if (packet.PayloadWireLength < packet.PayloadLength)
        {
            throw new BrokenContractException(
                $"{packet.PayloadLength} payload bytes captured and {packet.PayloadWireLength} on the wire");
        }

        // All of it can be read.
        var sum = 0;
        foreach (var value in packet.Payload) sum += value;
        GC.KeepAlive(sum);
    }
}
