using NetSniff.Packets;

namespace NetSniff.Fuzz.Captures;

/// <summary>What one side said in one segment.</summary>
internal readonly record struct Saying(bool IsFromServer, byte[] Bytes);

/// <summary>A TCP connection as what was said, in the order it was said.</summary>
internal sealed record Talk(ushort ClientPort, ushort ServerPort, IReadOnlyList<Saying> Sayings)
{
    private const int BytesMax = 48 << 10;

    /// <summary>The connections of a capture. What came twice is left out, what is missing is passed over.</summary>
    public static IReadOnlyList<Talk> Of(IEnumerable<Segment> segments)
    {
        var open = new Dictionary<Ends, Connection>();
        var all = new List<Connection>();
        foreach (var segment in segments)
        {
            if (!segment.IsTcp) continue;

            var isFromServer = false;
            if (!open.TryGetValue(segment.Ends, out var connection))
            {
                isFromServer = open.TryGetValue(segment.Ends.Reversed, out connection);
            }

            if (connection is null)
            {
                connection = new Connection(segment.Ends);
                open.Add(segment.Ends, connection);
                all.Add(connection);
            }

            connection.Take(segment, isFromServer);
        }

        return [.. all.Where(connection => connection.Sayings.Count > 0).Select(connection => connection.ToTalk())];
    }

    private sealed class Connection(Ends ends)
    {
        private readonly uint?[] _next = new uint?[2];
        private int _bytes;

        public List<Saying> Sayings { get; } = [];

        public void Take(Segment segment, bool isFromServer)
        {
            var side = isFromServer ? 1 : 0;
            var start = segment.Sequence + ((segment.Flags & TcpFlags.Syn) != 0 ? 1u : 0u);
            var old = _next[side] is { } next ? Math.Max(0, (int)(next - start)) : 0;
            var bytes = segment.Payload;
            if ((segment.Flags & TcpFlags.Syn) != 0 || old < bytes.Length) _next[side] = start + (uint)bytes.Length;
            if (old >= bytes.Length || _bytes > BytesMax) return;

            Sayings.Add(new Saying(isFromServer, bytes[old..]));
            _bytes += bytes.Length - old;
        }

        public Talk ToTalk() => new(ends.SourcePort, ends.TargetPort, Sayings);
    }
}
