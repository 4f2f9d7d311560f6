using System.Buffers.Binary;
using System.Globalization;

namespace NetSniff.Bench.Mixing;

/// <summary>Merges recordings into one trace: each is replayed by several replicas with hosts of their own, shifted and
/// stretched inside a window, a few packets doubled, swapped or lost. Deterministic for given recordings and seed.
/// </summary>
internal sealed class Mixer(string path, double windowSeconds, int seed, int impairedPerMille, double scale)
{
    private const long StartSeconds = 1_700_000_000;
    private const int FrameBytesMax = 1 << 18;

    private readonly Random _chance = new(seed);
    private readonly PriorityQueue<Replica, long> _due = new();
    private readonly long _windowMicros = (long)(windowSeconds * 1e6);
    private uint _replicas;

    /// <summary>Replays a recording again and again until so many packets are in: how fast a machine recorded changes
    /// how often, not how much.</summary>
    /// <param name="spec">file:packets in all:packets of one replay at most (0: all):stretch</param>
    public void Add(string spec)
    {
        var parts = spec.Split(':');
        var wanted = (long)(scale * long.Parse(parts[1], CultureInfo.InvariantCulture));
        var each = int.Parse(parts[2], CultureInfo.InvariantCulture);
        var stretch = double.Parse(parts[3], CultureInfo.InvariantCulture);
        var whole = Recording.Load(parts[0], (int)Math.Min(wanted, each == 0 ? int.MaxValue : each));
        while (wanted > 0)
        {
            var recording = whole.First((int)Math.Min(wanted, whole.Packets.Count));
            wanted -= recording.Packets.Count;
            var stretched = Math.Min(stretch, 0.9 * _windowMicros / Math.Max(1, recording.DurationMicros));
            var length = (long)(recording.DurationMicros * stretched);
            var start = _chance.NextInt64(_windowMicros - length + 1);
            _due.Enqueue(new Replica(recording, ++_replicas, start, stretched), start);
        }
    }

    public (long Packets, long Bytes) Write()
    {
        using var output = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 22);
        Span<byte> head = stackalloc byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(head, 0xa1b2c3d4);
        BinaryPrimitives.WriteUInt16LittleEndian(head[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(head[6..], 4);
        head[8..16].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(head[16..], FrameBytesMax);
        BinaryPrimitives.WriteInt32LittleEndian(head[20..], 1);
        output.Write(head);

        long packets = 0, bytes = 0;
        var frame = new byte[FrameBytesMax];
        while (_due.TryDequeue(out var replica, out var micros))
        {
            var packet = replica.Take(Draw());
            if (packet is { } recorded)
            {
                var copy = frame.AsSpan(0, recorded.Length);
                replica.Recording.Bytes.AsSpan(recorded.Start, recorded.Length).CopyTo(copy);
                Remapper.Remap(copy, replica.Number);
                WritePacket(output, micros, copy);
                packets++;
                bytes += recorded.Length;
            }

            if (replica.NextMicros(micros) is { } next) _due.Enqueue(replica, next);
        }

        return (packets, bytes);
    }

    /// <summary>What happens to the next packet: a tenth as often lost as doubled or swapped.</summary>
    private Impairment Draw()
    {
        var drawn = _chance.Next(10_000);
        if (drawn < impairedPerMille) return Impairment.Lost;
        if (drawn < 11 * impairedPerMille) return Impairment.Doubled;
        return drawn < 21 * impairedPerMille ? Impairment.Swapped : Impairment.None;
    }

    private static void WritePacket(FileStream output, long micros, ReadOnlySpan<byte> frame)
    {
        Span<byte> head = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)(StartSeconds + micros / 1_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)(micros % 1_000_000));
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], frame.Length);
        output.Write(head);
        output.Write(frame);
    }
}

internal enum Impairment { None, Lost, Doubled, Swapped }

/// <summary>One replay of a recording.</summary>
internal sealed class Replica(Recording recording, uint number, long startMicros, double stretch)
{
    private int _next;
    private int _swapped = -1;
    private bool _isDoubled;

    public Recording Recording { get; } = recording;

    public uint Number { get; } = number;

    /// <summary>The packet that is due, or null where it is lost.</summary>
    public Recorded? Take(Impairment impairment)
    {
        if (_swapped >= 0)
        {
            var late = Recording.Packets[_swapped];
            _swapped = -1;
            return late;
        }

        var packet = Recording.Packets[_next];
        if (impairment == Impairment.Doubled && !_isDoubled)
        {
            _isDoubled = true;
            return packet;
        }

        _isDoubled = false;
        if (impairment == Impairment.Swapped && _next + 1 < Recording.Packets.Count)
        {
            _swapped = _next;
            packet = Recording.Packets[_next + 1];
            _next += 2;
            return packet;
        }

        _next++;
        return impairment == Impairment.Lost ? null : packet;
    }

    /// <summary>When the next packet is due, or null after the last.</summary>
    public long? NextMicros(long now)
    {
        if (_swapped >= 0 || _isDoubled) return now + 2;
        if (_next >= Recording.Packets.Count) return null;
        return Math.Max(now, startMicros + (long)(Recording.Packets[_next].OffsetMicros * stretch));
    }
}
