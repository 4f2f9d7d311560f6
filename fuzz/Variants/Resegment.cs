using NetSniff.Fuzz.Captures;
using NetSniff.Packets;

namespace NetSniff.Fuzz.Variants;

/// <summary>Carries the same bytes in other segments.</summary>
internal static class Resegment
{
    private const long StepNanos = 1_000;

    /// <summary>Cuts payloads into pieces, in place: what the other side says meanwhile stays where it was.</summary>
    public static IReadOnlyList<Segment> Split(IReadOnlyList<Segment> segments, Func<int> sizeOf)
    {
        var cut = new List<Segment>(segments.Count);
        foreach (var segment in segments)
        {
            if (!segment.IsTcp || segment.Payload.Length <= 1)
            {
                cut.Add(segment);
                continue;
            }

            for (var at = 0; at < segment.Payload.Length;)
            {
                var length = Math.Min(sizeOf(), segment.Payload.Length - at);
                cut.Add(PieceOf(segment, at, length));
                at += length;
            }
        }

        return cut;
    }

    /// <summary>Joins segments of one side that follow each other without a word of the other between.</summary>
    public static IReadOnlyList<Segment> Join(IReadOnlyList<Segment> segments, int bytesMax)
    {
        const TcpFlags Marks = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst | TcpFlags.Urg;
        var joined = new List<Segment>(segments.Count);
        foreach (var segment in segments)
        {
            var last = joined.Count > 0 ? joined[^1] : null;
            var follows = last is { IsTcp: true } && segment.IsTcp && last.Ends == segment.Ends
                && last.Payload.Length > 0 && segment.Payload.Length > 0
                && ((last.Flags | segment.Flags) & Marks) == 0
                && last.Sequence + (uint)last.Payload.Length == segment.Sequence
                && last.Payload.Length + segment.Payload.Length <= 8 * bytesMax
                && last.Acknowledgement == segment.Acknowledgement;
            if (follows)
            {
                // The bytes are complete when the last of them is there.
                joined[^1] = segment with
                {
                    Sequence = last!.Sequence, Payload = [.. last.Payload, .. segment.Payload],
                };
            }
            else
            {
                joined.Add(segment);
            }
        }

        return joined;
    }

    /// <summary>Swaps neighbours of one side that carry data, as a network with two paths does.</summary>
    public static IReadOnlyList<Segment> Swap(IReadOnlyList<Segment> segments, Random random)
    {
        var swapped = segments.ToArray();
        var begun = new HashSet<Ends>();
        for (var index = 0; index + 1 < swapped.Length; index++)
        {
            var (first, second) = (swapped[index], swapped[index + 1]);

            // Where no SYN was seen, the first segment says where the stream starts.
            if (begun.Add(first.Ends) || !first.IsTcp || first.Ends != second.Ends || random.Next(2) == 0) continue;

            const TcpFlags Marks = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst;
            var isData = first.Payload.Length > 0 && second.Payload.Length > 0
                && ((first.Flags | second.Flags) & Marks) == 0;
            if (!isData) continue;

            swapped[index] = second with { TimeNanos = first.TimeNanos };
            swapped[index + 1] = first with { TimeNanos = second.TimeNanos };
            index++;
        }

        return swapped;
    }

    /// <summary>Sends every segment with data twice.</summary>
    public static IReadOnlyList<Segment> Double(IReadOnlyList<Segment> segments) =>
    [
        .. segments.SelectMany(static segment => segment is { IsTcp: true, Payload.Length: > 0 }
            ? [segment, segment]
            : new[] { segment }),
    ];

    /// <summary>Leaves out one segment with data of each connection, but its first, and none of which no packet of the
    /// capture would tell that it is missing.</summary>
    public static IReadOnlyList<Segment> Lose(IReadOnlyList<Segment> segments, Random random)
    {
        var lost = new HashSet<int>();
        var connections = segments.Index().Where(each => each.Item.IsTcp).GroupBy(each => KeyOf(each.Item.Ends));
        foreach (var connection in connections)
        {
            var places = connection.Where(each => each.Item.Payload.Length > 0).Skip(1).ToList();
            if (places.Count == 0) continue;

            // The one that chance names, or the nearest before it.
            var chosen = random.Next(places.Count);
            while (chosen >= 0 && !IsMissed(places[chosen], connection)) chosen--;
            if (chosen >= 0) lost.Add(places[chosen].Index);
        }

        return [.. segments.Index().Where(each => !lost.Contains(each.Index)).Select(each => each.Item)];
    }

    /// <summary>Whether some other packet has a number behind its bytes, of the same side or acknowledged by the other.
    /// </summary>
    private static bool IsMissed((int Index, Segment Item) place, IEnumerable<(int Index, Segment Item)> connection)
    {
        var (index, segment) = place;
        var end = segment.Sequence + (uint)segment.Payload.Length;
        return connection.Any(each => each.Index != index
            && (each.Item.Flags & TcpFlags.Rst) == 0
            && (each.Item.Ends == segment.Ends
                ? (int)(each.Item.Sequence + (uint)each.Item.Payload.Length - end) >= 0
                : (each.Item.Flags & TcpFlags.Ack) != 0 && (int)(each.Item.Acknowledgement - end) >= 0));
    }

    /// <summary>Begins somewhere in the first two thirds.</summary>
    public static IReadOnlyList<Segment> FromMiddle(IReadOnlyList<Segment> segments, Random random) =>
        [.. segments.Skip(1 + random.Next(Math.Max(1, segments.Count * 2 / 3)))];

    private static Segment PieceOf(Segment segment, int at, int length)
    {
        var isFirst = at == 0;
        var isLast = at + length == segment.Payload.Length;
        var flags = segment.Flags;
        if (!isFirst) flags &= ~TcpFlags.Syn;
        if (!isLast) flags &= ~(TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Rst);
        var hasSyn = (segment.Flags & TcpFlags.Syn) != 0;
        return segment with
        {
            Payload = segment.Payload[at..(at + length)],
            Sequence = segment.Sequence + (uint)at + (hasSyn && !isFirst ? 1u : 0u),
            Flags = flags,
            WindowScale = isFirst ? segment.WindowScale : Segment.NoWindowScale,
            // In order, and the whole not later than it was.
            TimeNanos = segment.TimeNanos - (isLast ? 0 : Math.Min(StepNanos, segment.Payload.Length - at - length)),
        };
    }

    private static (Address, Address, ushort, ushort) KeyOf(Ends ends) =>
        ends.Source.CompareTo(ends.Target) is var order
            && (order < 0 || (order == 0 && ends.SourcePort < ends.TargetPort))
            ? (ends.Source, ends.Target, ends.SourcePort, ends.TargetPort)
            : (ends.Target, ends.Source, ends.TargetPort, ends.SourcePort);
}
