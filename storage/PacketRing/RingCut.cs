using System.Buffers;
using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Storage.PacketRing;

/// <summary>Cuts packets out of rings into one pcapng.</summary>
public static class RingCut
{
    /// <summary>Bytes gathered before they go to the stream.</summary>
    private const int FlushBytes = 1 << 20;

    private static readonly CaptureInterface s_unnamed = new("", LinkType.Ethernet, 0);

    /// <param name="rings">One a shard. Their packets are merged by time; within a ring the order of capture stays.
    /// </param>
    /// <param name="names">Names of addresses, written into the file.</param>
    /// <param name="comment">Shown with the file: why it was cut.</param>
    /// <returns>How many packets the file holds.</returns>
    public static long Write(
        IReadOnlyList<PacketRing> rings,
        RingQuery query,
        Stream output,
        IEnumerable<KeyValuePair<Address, string>> names,
        string comment)
    {
        var buffer = new ArrayBufferWriter<byte>(FlushBytes);
        var writer = new PcapngWriter(buffer, "netsniff", comment);
        writer.WriteNames(names);
        var places = new Dictionary<CaptureInterface, int>();
        var written = 0L;
        var cursors = rings.Select(ring => ring.Find(query)).ToList();
        try
        {
            // By time, and where times are equal by the ring's place in the list.
            var heads = new PriorityQueue<RingCursor, (long, int)>();
            for (var index = 0; index < cursors.Count; index++) Advance(index);
            while (written < query.PacketsMax && heads.TryDequeue(out var cursor, out var head))
            {
                Put(cursor);
                Advance(head.Item2);
            }

            void Advance(int index)
            {
                var cursor = cursors[index];
                if (cursor.MoveNext()) heads.Enqueue(cursor, (cursor.Current.TimeNanos, index));
            }
        }
        finally
        {
            foreach (var cursor in cursors) cursor.Dispose();
        }

        Flush();
        return written;

        void Put(RingCursor cursor)
        {
            var frame = cursor.Current;
            var known = frame.Interface < cursor.Interfaces.Count
                ? cursor.Interfaces[frame.Interface]
                : s_unnamed with { LinkType = frame.LinkType };
            if (!places.TryGetValue(known, out var place)) places[known] = place = writer.AddInterface(known);
            writer.Write(frame with { Interface = (ushort)place });
            written++;
            if (buffer.WrittenCount >= FlushBytes) Flush();
        }

        void Flush()
        {
            output.Write(buffer.WrittenSpan);
            buffer.ResetWrittenCount();
        }
    }
}
