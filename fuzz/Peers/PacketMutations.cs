using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Targets;

namespace NetSniff.Fuzz.Peers;

/// <summary>One way of changing a capture packet by packet, with a name to count by.</summary>
internal sealed record PacketMutation(string Name, Func<List<CapturedFrame>, Random, List<CapturedFrame>> Apply);

internal static class PacketMutations
{
    public static IReadOnlyList<PacketMutation> All { get; } =
    [
        new("none", static (frames, _) => frames),
        new("drop", static (frames, random) =>
        {
            frames.RemoveAt(random.Next(frames.Count));
            return frames;
        }),
        new("double", static (frames, random) =>
        {
            var index = random.Next(frames.Count);
            frames.Insert(index, frames[index]);
            return frames;
        }),
        new("reorder", static (frames, random) =>
        {
            var index = random.Next(Math.Max(1, frames.Count - 1));
            if (index + 1 >= frames.Count) return frames;

            var (first, second) = (frames[index], frames[index + 1]);
            frames[index] = second with { TimeNanos = first.TimeNanos };
            frames[index + 1] = first with { TimeNanos = second.TimeNanos };
            return frames;
        }),
        new("cut by snap", static (frames, random) => Change(frames, random, static (frame, random) =>
            frame with { Bytes = frame.Bytes[..random.Next(14, Math.Max(15, frame.Bytes.Length))] })),
        new("header field", static (frames, random) => Change(frames, random, static (frame, random) =>
        {
            var bytes = (byte[])frame.Bytes.Clone();
            FrameFields.TryMutate(bytes, random);
            return frame with { Bytes = bytes };
        })),
        new("payload byte", static (frames, random) => Change(frames, random, static (frame, random) =>
        {
            var bytes = (byte[])frame.Bytes.Clone();
            if (bytes.Length > 54) bytes[random.Next(54, bytes.Length)] = (byte)random.Next(256);
            return frame with { Bytes = bytes };
        })),
    ];

    private static List<CapturedFrame> Change(
        List<CapturedFrame> frames, Random random, Func<CapturedFrame, Random, CapturedFrame> change)
    {
        var index = random.Next(frames.Count);
        var wire = Math.Max(frames[index].WireLength, frames[index].Bytes.Length);
        frames[index] = change(frames[index], random) with { WireLength = wire };
        return frames;
    }
}
