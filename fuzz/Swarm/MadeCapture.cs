using System.Diagnostics;
using System.Runtime.InteropServices;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Sensor.Capture;

namespace NetSniff.Fuzz.Swarm;

/// <summary>Frames of made-up traffic at a steady rate: a name asked for and answered, a connection opened and refused.
/// </summary>
/// <param name="number">Which sensor it is: its clients are its own.</param>
/// <param name="rate">Exchanges a second.</param>
internal sealed unsafe class MadeCapture(int number, int rate, TimeSpan length) : PacketCapture
{
    private const int SlotBytes = 256;
    private const int SlotsMax = 1024;
    private const ushort NamePort = 53;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly byte* _slots = (byte*)NativeMemory.Alloc(SlotsMax, SlotBytes);
    private readonly Address _client = Address.FromBytes([10, (byte)(number >> 8), (byte)number, 1]);
    private long _exchanges;
    private long _received;
    private volatile bool _isStopped;

    public override string Name => $"made{number}";

    public override IReadOnlyList<CaptureInterface> Interfaces { get; } =
        [new CaptureInterface("eth0", LinkType.Ethernet, 65535)];

    public override CaptureCounters Counters => new(Volatile.Read(ref _received), 0, []);

    public override int Receive(Span<Frame> frames, TimeSpan wait)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        if (_isStopped || elapsed >= length) return -1;

        var due = (long)(elapsed.TotalSeconds * rate) - _exchanges;
        if (due <= 0)
        {
            Thread.Sleep(wait < s_pause ? wait : s_pause);
            return 0;
        }

        var count = 0;
        var room = Math.Min(frames.Length, SlotsMax) - 2;
        for (; due > 0 && count <= room; due--, _exchanges++)
        {
            foreach (var segment in Exchange()) Put(frames, count++, FrameBuilder.Ethernet(segment));
        }

        Volatile.Write(ref _received, _received + count);
        return count;
    }

    public override void Stop() => _isStopped = true;

    public override void Release()
    {
        // The slots are ours and are filled again by the next Receive alone.
    }

    protected override void Dispose(bool disposing) => NativeMemory.Free(_slots);

    private Segment[] Exchange()
    {
        var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        var port = (ushort)(1024 + _exchanges % 60_000);
        var server = Address.FromBytes([10, 96, (byte)(_exchanges % 7), (byte)(1 + _exchanges % 200)]);
        if (_exchanges % 2 == 0)
        {
            var asked = new Ends(_client, server, port, NamePort);
            return [new(asked, Question(), now), new(asked.Reversed, Answer(), now + 1_000_000)];
        }

        var ends = new Ends(_client, server, port, 443);
        return
        [
            new(ends, [], now) { IsTcp = true, Sequence = 1, Flags = TcpFlags.Syn },
            new(ends.Reversed, [], now + 1_000_000)
            {
                IsTcp = true, Acknowledgement = 2, Flags = TcpFlags.Rst | TcpFlags.Ack,
            },
        ];
    }

    private void Put(Span<Frame> frames, int slot, CapturedFrame frame)
    {
        var place = _slots + slot * SlotBytes;
        frame.Bytes.CopyTo(new Span<byte>(place, SlotBytes));
        frames[slot] = new Frame(
            (nint)place, frame.Bytes.Length, frame.Bytes.Length, frame.TimeNanos, LinkType.Ethernet);
    }

    // RFC 1035 section 4.1: `db.shop`, type A.
    private byte[] Question() =>
    [
        (byte)(_exchanges >> 8), (byte)_exchanges, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0,
        2, (byte)'d', (byte)'b', 4, (byte)'s', (byte)'h', (byte)'o', (byte)'p', 0, 0, 1, 0, 1,
    ];

    private byte[] Answer()
    {
        var question = Question();
        (question[2], question[3], question[7]) = (0x81, 0x80, 1);
        return [.. question, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 96, 0, 7];
    }
}
