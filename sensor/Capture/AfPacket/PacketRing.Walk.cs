using System.Runtime.CompilerServices;
using NetSniff.Packets;
using static NetSniff.Sensor.Capture.AfPacket.AfPacketNative;

namespace NetSniff.Sensor.Capture.AfPacket;

internal sealed unsafe partial class PacketRing
{
    private volatile CaptureDirection _direction;
    private readonly bool _isPromiscuous;

    // Blocks from _heldBlock up to _block were walked and are the caller's until Release.
    private int _heldBlock;
    private int _heldCount;
    private int _block;
    private byte* _frame;
    private uint _framesLeft;

    /// <summary>Frames taken out of the ring, whatever became of them.</summary>
    public long Walked { get; private set; }

    /// <summary>Frames left out for their direction, or because they are for another machine.</summary>
    public long Misdirected { get; private set; }

    /// <summary>Frames left out because their interface is not wanted.</summary>
    public long Unchosen { get; private set; }

    /// <summary>Second copies of what the loopback interface sends to itself.</summary>
    public long LoopbackCopies { get; private set; }

    /// <summary>Frames of a link without header that are not IP, and so tell nothing.</summary>
    public long NotIp { get; private set; }

    /// <summary>Fills frames from the blocks that are ready.</summary>
    /// <param name="places">Gives an interface its place in the list.</param>
    public int Receive(Span<Frame> frames, InterfacePlaces places)
    {
        var count = 0;
        while (count < frames.Length)
        {
            if (_framesLeft == 0 && !OpenBlock()) break;

            while (_framesLeft > 0 && count < frames.Length)
            {
                if (TryTake(_frame, places, ref frames[count])) count++;
                Walked++;
                _frame += Field<uint>(_frame, FrameNext);
                _framesLeft--;
            }

            if (_framesLeft == 0) CloseBlock();
        }

        return count;
    }

    /// <summary>Gives the walked blocks back to the kernel.</summary>
    public void Release()
    {
        for (; _heldCount > 0; _heldCount--)
        {
            Volatile.Write(ref *(uint*)(BlockAt(_heldBlock) + BlockStatus), 0);
            _heldBlock = Next(_heldBlock);
        }
    }

    private static T Field<T>(byte* start, int offset) where T : unmanaged => Unsafe.ReadUnaligned<T>(start + offset);

    private byte* BlockAt(int block) => _map + ((long)block * _blockBytes);

    private int Next(int block) => block + 1 == _blockCount ? 0 : block + 1;

    private bool IsReady(int block) => (Volatile.Read(ref *(uint*)(BlockAt(block) + BlockStatus)) & StatusUser) != 0;

    private bool OpenBlock()
    {
        // All held: the ring has gone round and its next block is one the caller still has.
        while (_heldCount < _blockCount && IsReady(_block))
        {
            var block = BlockAt(_block);
            _framesLeft = Field<uint>(block, BlockFrames);
            _frame = block + Field<uint>(block, BlockFirst);
            if (_framesLeft > 0) return true;

            CloseBlock(); // one the timer closed with nothing in it
        }

        return false;
    }

    private void CloseBlock()
    {
        _block = Next(_block);
        _heldCount++;
    }

    private bool TryTake(byte* header, InterfacePlaces places, ref Frame frame)
    {
        var address = header + FrameAddress;
        var hardware = Field<ushort>(address, AddressHardware);
        if (!IsWanted(address[AddressKind], hardware)) return false;

        var kind = LinkKind.Of(hardware);
        var place = places.Of(Field<int>(address, AddressIndex), kind);
        if (!places.IsWanted(place))
        {
            Unchosen++;
            return false;
        }

        int mac = Field<ushort>(header, FrameMac);
        var captured = Field<int>(header, FrameCaptured);
        var wire = Field<int>(header, FrameWire);
        if (kind.IsCooked)
        {
            if (Field<ushort>(address, AddressProtocol) is not (Ipv4Protocol or Ipv6Protocol))
            {
                NotIp++;
                return false;
            }

            // On a socket for all interfaces this link's header is still there; it ends where the network begins.
            var linkBytes = Math.Min(Math.Max(Field<ushort>(header, FrameNet) - mac, 0), captured);
            (mac, captured, wire) = (mac + linkBytes, captured - linkBytes, wire - linkBytes);
        }

        var timeNanos = (Field<uint>(header, FrameSeconds) * 1_000_000_000L) + Field<uint>(header, FrameNanos);
        var (vlan, vlanType) = TagOf(header);
        frame = new Frame(
            (nint)(header + mac), captured, Math.Max(wire, captured), timeNanos, kind.LinkType, place, vlan, vlanType);
        return true;
    }

    private bool IsWanted(byte kind, ushort hardware)
    {
        var isOutgoing = kind == KindOutgoing;
        var direction = _direction;
        if (hardware == HardwareLoopback && isOutgoing != (direction == CaptureDirection.Out))
        {
            // What goes out there comes in again: one of the two will do.
            LoopbackCopies++;
            return false;
        }

        var isMisdirected = direction != CaptureDirection.Both && isOutgoing != (direction == CaptureDirection.Out);
        if (!isMisdirected && (_isPromiscuous || kind != KindOtherHost)) return true;

        Misdirected++;
        return false;
    }

    /// <summary>The VLAN tag that was taken out of the frame. Its type is told since Linux 3.14.</summary>
    private static (ushort Tag, ushort Type) TagOf(byte* header)
    {
        var status = Field<uint>(header, FrameStatus);
        if ((status & StatusVlanValid) == 0) return (0, 0);

        var type = (status & StatusVlanTypeValid) != 0 ? Field<ushort>(header, FrameVlanType) : UsualTagType;
        return ((ushort)Field<uint>(header, FrameVlan), type);
    }

    private const ushort UsualTagType = 0x8100;
    private const ushort HardwareLoopback = 772; // ARPHRD_LOOPBACK
    private const ushort Ipv4Protocol = 0x0008, Ipv6Protocol = 0xDD86; // in network order
}
