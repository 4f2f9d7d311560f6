using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;

namespace NetSniff.Tests.Pipeline;

/// <summary>A few talkers who do everything that makes one flow depend on another: by chance, from a seed.</summary>
internal sealed class MadeUpTraffic(int seed)
{
    private const int HeaderBytes = 14 + 20; // Ethernet, IPv4
    private const int HostsMax = 5;
    private const int PortsMax = 12;
    private const long Millisecond = 1_000_000;

    private readonly Random _random = new(seed);
    private readonly List<CapturedFrame> _frames = [];
    private long _now = 1_700_000_000_000_000_000;
    private ushort _datagrams;

    public IReadOnlyList<CapturedFrame> Frames(int count)
    {
        while (_frames.Count < count)
        {
            _now += _random.Next(100) switch
            {
                0 => 40_000 * Millisecond,
                < 4 => 3_000 * Millisecond,
                < 30 => 200 * Millisecond,
                _ => Millisecond,
            };
            Say();
        }

        return _frames;
    }

    private void Say()
    {
        // Some frames were stamped by another clock.
        var time = _random.Next(12) == 0 ? _now - _random.Next(2_000) * Millisecond : _now;
        var segment = new Segment(NewEnds(), NewPayload(), time);
        switch (_random.Next(10))
        {
            case 0: AddPieces(FrameBuilder.Ethernet(segment)); break;
            case 1: AddPieces(FrameBuilder.Vxlan(segment, network: 7)); break;
            case 2: _frames.Add(FrameBuilder.Vxlan(segment, network: 7)); break;
            case 3: _frames.Add(FrameBuilder.Vlan(segment, tag: 5)); break;
            case 4: _frames.Add(FrameBuilder.Ethernet(FrameBuilder.ToIpv6(segment))); break;
            case 5: _frames.Add(FrameBuilder.Ethernet(Question(segment))); break;
            case 6: _frames.Add(Ping(segment)); break;
            case < 9: _frames.Add(FrameBuilder.Ethernet(Tcp(segment))); break;
            default: _frames.Add(FrameBuilder.Ethernet(segment)); break;
        }
    }

    /// <summary>Cuts a frame's datagram in three; the pieces come in any order, one of them not at all or twice.
    /// </summary>
    private void AddPieces(CapturedFrame frame)
    {
        const int PieceBytes = 24;
        const ushort More = 0x2000;
        var whole = frame.Bytes;
        var length = whole.Length - HeaderBytes;
        List<CapturedFrame> pieces = [];
        var number = ++_datagrams;
        for (var (start, count) = (0, 0); start < length; start += count)
        {
            count = pieces.Count == 2 ? length - start : Math.Min(PieceBytes, length - start);
            byte[] bytes = [.. whole.AsSpan(0, HeaderBytes), .. whole.AsSpan(HeaderBytes + start, count)];
            var ip = bytes.AsSpan(14);
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + count));
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], number);
            var isLast = start + count == length;
            BinaryPrimitives.WriteUInt16BigEndian(ip[6..], (ushort)(start / 8 | (isLast ? 0 : More)));
            pieces.Add(new CapturedFrame(bytes, frame.TimeNanos + pieces.Count));
        }

        _random.Shuffle(CollectionsMarshal.AsSpan(pieces));
        var chance = _random.Next(6);
        if (chance == 0) pieces.RemoveAt(0);
        else if (chance == 1) pieces.Add(pieces[0]);
        _frames.AddRange(pieces);
    }

    private static CapturedFrame Ping(Segment segment)
    {
        const byte Request = 8;
        var frame = FrameBuilder.Ethernet(segment);
        frame.Bytes[14 + 9] = IpProtocol.Icmp;
        (frame.Bytes[HeaderBytes], frame.Bytes[HeaderBytes + 1]) =
            (segment.Ends.SourcePort > segment.Ends.TargetPort ? Request : (byte)0, 0);
        return frame;
    }

    private Segment Tcp(Segment segment) => segment with
    {
        IsTcp = true,
        Flags = (TcpFlags)_random.Next(32),
        Sequence = (uint)_random.Next(4) * 20,
        Acknowledgement = (uint)_random.Next(4) * 20,
    };

    /// <summary>A question of one of three numbers, or an answer to it.</summary>
    private Segment Question(Segment segment) => segment with
    {
        Ends = segment.Ends.SourcePort < segment.Ends.TargetPort
            ? segment.Ends with { SourcePort = 53 }
            : segment.Ends with { TargetPort = 53 },
        Payload =
        [
            0, (byte)_random.Next(3), (byte)(_random.Next(3) == 0 ? 0x81 : 0x01), 0, 0, 1, 0, 0, 0, 0, 0, 0,
            1, (byte)'a', 0, 0, 1, 0, 1,
        ],
    };

    private Ends NewEnds()
    {
        var client = Address.FromBytes([10, 0, 0, (byte)_random.Next(1, HostsMax)]);
        var server = Address.FromBytes([10, 0, 1, (byte)_random.Next(1, HostsMax)]);
        var ends = new Ends(client, server, (ushort)(40_000 + _random.Next(PortsMax)), (ushort)(80 + _random.Next(2)));
        return _random.Next(2) == 0 ? ends : ends.Reversed;
    }

    private byte[] NewPayload()
    {
        var payload = new byte[_random.Next(20, 60)];
        _random.NextBytes(payload);
        return payload;
    }
}

/// <summary>Frames in memory that stays where it is.</summary>
internal sealed unsafe class PinnedFrames : IDisposable
{
    private readonly byte* _memory;

    public PinnedFrames(IReadOnlyList<CapturedFrame> frames)
    {
        _memory = (byte*)NativeMemory.Alloc((nuint)frames.Sum(static frame => frame.Bytes.Length));
        Frames = new Frame[frames.Count];
        var at = _memory;
        for (var index = 0; index < Frames.Length; index++)
        {
            var (bytes, wire) = (frames[index].Bytes, frames[index].WireLength);
            bytes.CopyTo(new Span<byte>(at, bytes.Length));
            Frames[index] = new Frame(
                (nint)at, bytes.Length, Math.Max(wire, bytes.Length), frames[index].TimeNanos, frames[index].LinkType);
            at += bytes.Length;
        }
    }

    public Frame[] Frames { get; }

    public void Dispose() => NativeMemory.Free(_memory);
}
