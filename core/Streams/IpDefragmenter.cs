using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Streams;

public enum DefragResult : byte
{
    /// <summary>Kept; the datagram comes later, whole or from <see cref="IpDefragmenter.TryTakeIncomplete"/>.</summary>
    Held,

    /// <summary>The last piece that was missing: here is the datagram, with the credit for all pieces.</summary>
    Complete,

    /// <summary>A repeated piece of a datagram that was delivered: here is whose it is; this piece counts alone.
    /// </summary>
    Late,
}

/// <summary>Puts IP datagrams together (RFC 791 section 3.2, RFC 8200 section 4.5), within fixed memory.</summary>
/// <remarks>
/// <para>Bytes that came first win. In IPv6 a piece that overlaps another spoils its datagram (RFC 5722), unless it
/// repeats it exactly; in both, pieces that disagree on the length do. A spoiled datagram goes on counting its pieces
/// and is reported as incomplete when its time is up.</para>
/// <para>Pieces are kept as they come, in chunks of a slab, so that a stranger's claim of a far offset costs no more
/// than the bytes he sent. A whole datagram is gathered into one buffer, which the next whole one overwrites.</para>
/// <para>After each <see cref="Add"/> take what is incomplete until there is none.</para>
/// </remarks>
public sealed unsafe partial class IpDefragmenter
{
    /// <summary>Datagrams gathered at a time; one more evicts the oldest.</summary>
    public const int DatagramsMax = 4096;

    /// <summary>Bytes of all pieces together; more evicts the oldest datagrams.</summary>
    public const int BytesMax = 16 << 20;

    /// <summary>Pieces of one datagram: at 576 bytes a piece, the least IPv4 asks for, the largest has 119; who wants
    /// to tire or blind the receiver sends 8 to 16 bytes a piece.</summary>
    public const int PiecesMax = 1024;

    /// <summary>Bytes of the largest datagram, without its header.</summary>
    public const int DatagramBytesMax = 65535;

    /// <summary>From first piece to last, in the packets' time.</summary>
    public const long GatherNanosMax = 30_000_000_000;

    /// <summary>How long a delivered datagram is remembered, so that its duplicates are known: less than a busy
    /// sender takes to go round the sixteen bits of IPv4's identification.</summary>
    public const long LateNanosMax = 2_000_000_000;

    /// <summary>Delivered datagrams remembered at a time.</summary>
    public const int RememberedMax = 1024;

    /// <summary>Evicted datagrams that wait to be taken.</summary>
    public const int DepartedMax = 256;

    private readonly byte[] _whole = GC.AllocateUninitializedArray<byte>(DatagramBytesMax, pinned: true);
    private readonly int _datagramsMax;

    public IpDefragmenter(int datagramsMax = DatagramsMax, int bytesMax = BytesMax)
    {
        Debug.Assert(datagramsMax > 0 && bytesMax >= ChunkSize, "limits that hold something");
        _datagramsMax = datagramsMax;
        _slots = new Slot[datagramsMax + RememberedMax + DepartedMax];
        _buckets = new int[(int)BitOperations.RoundUpToPowerOf2((uint)_slots.Length)];
        _chunks = new Chunk[bytesMax / ChunkSize];
        _slab = GC.AllocateUninitializedArray<byte>(_chunks.Length * ChunkSize, pinned: true);
        Clear();
    }

    public DefragCounters Counters;

    /// <summary>Datagrams being gathered.</summary>
    public int Gathering => _gathering.Count;

    /// <summary>Bytes of the slab in use.</summary>
    public int HeldBytes => (_chunksTouched - _chunksFree) * ChunkSize;

    /// <summary>Takes a piece: a packet with <see cref="PacketTraits.Fragment"/>.</summary>
    public DefragResult Add(in Packet piece, out Datagram datagram)
    {
        Debug.Assert(piece.Is(PacketTraits.Fragment), "a piece of a datagram");
        Counters.Pieces++;
        var hash = HashOf(in piece);
        var index = Find(in piece, hash);
        if (index >= 0 && _slots[index].State == SlotState.Remembered && IsAnother(in _slots[index].Datagram, in piece))
        {
            Forget(index);
            index = -1;
        }

        if (index >= 0 && _slots[index].State == SlotState.Remembered)
        {
            ref var delivered = ref _slots[index];
            Counters.LatePieces++;
            delivered.Datagram.Packets = 1;
            delivered.Datagram.WireBytes = piece.WireLength;
            delivered.Datagram.LastTimeNanos = piece.TimeNanos;
            datagram = delivered.Datagram;
            return DefragResult.Late;
        }

        if (index < 0) index = Open(in piece, hash);

        ref var slot = ref _slots[index];
        slot.Datagram.Packets++;
        slot.Datagram.WireBytes += piece.WireLength;
        slot.Datagram.LastTimeNanos = piece.TimeNanos;
        if (piece.FragmentOffset == 0 && !slot.Datagram.HasPorts) NameEnds(ref slot.Datagram, in piece);
        if (!slot.IsSpoiled) Keep(index, in piece);
        if (!slot.IsSpoiled && slot.ReceivedBytes == slot.TotalBytes)
        {
            Complete(index, out datagram);
            return DefragResult.Complete;
        }

        datagram = default;
        return DefragResult.Held;
    }

    /// <summary>A first piece with other ports, length or checksum than the delivered datagram had is no duplicate: the
    /// sender goes round its numbers faster than we forget, or does not count them at all.</summary>
    private static bool IsAnother(in Datagram datagram, in Packet piece) =>
        piece.FragmentOffset == 0 && datagram.HasPorts
        && (piece.SourcePort != datagram.SourcePort || piece.TargetPort != datagram.TargetPort
            || (datagram.FirstWord != 0 && FirstWordOf(in piece) is var word and not 0 && word != datagram.FirstWord));

    private static ulong FirstWordOf(in Packet piece) => piece.PayloadLength >= sizeof(ulong)
        ? Unsafe.ReadUnaligned<ulong>(piece.Data + piece.PayloadOffset)
        : 0;

    /// <summary>Takes a datagram that will not be whole: evicted, or timed out by now.</summary>
    public bool TryTakeIncomplete(long nowNanos, out Datagram datagram)
    {
        while (_remembered.Head >= 0 && nowNanos - _slots[_remembered.Head].SinceNanos > LateNanosMax)
        {
            Forget(_remembered.Head);
        }

        if (_departed.Head < 0)
        {
            var oldest = _gathering.Head;
            if (oldest < 0 || nowNanos - _slots[oldest].SinceNanos <= GatherNanosMax)
            {
                datagram = default;
                return false;
            }

            Depart(oldest, DatagramFate.TimedOut);
        }

        TakeDeparted(out datagram);
        return true;
    }

    /// <summary>At the end of a capture: takes whatever is left, oldest first.</summary>
    public bool TryTakeRest(out Datagram datagram)
    {
        if (_departed.Head < 0 && _gathering.Head >= 0) Depart(_gathering.Head, DatagramFate.Ended);
        if (_departed.Head < 0)
        {
            datagram = default;
            return false;
        }

        TakeDeparted(out datagram);
        return true;
    }

    /// <summary>Starts anew; what was held is gone and the counters stand.</summary>
    public void Clear()
    {
        Array.Fill(_buckets, -1);
        _gathering = _remembered = _departed = SlotList.Empty;
        _freeSlot = -1;
        _slotsTouched = 0;
        _freeChunk = -1;
        _chunksFree = 0;
        _chunksTouched = 0;
    }

    /// <summary>The first piece tells the ports, and in IPv6 alone the protocol that follows.</summary>
    private static void NameEnds(ref Datagram datagram, in Packet piece)
    {
        const int PortsSize = 4;
        datagram.Protocol = piece.Protocol;
        datagram.TimeToLive = piece.TimeToLive;
        datagram.SourcePort = piece.SourcePort;
        datagram.TargetPort = piece.TargetPort;
        datagram.HasPorts = piece.PayloadLength >= PortsSize;
        datagram.FirstWord = FirstWordOf(in piece);
    }

    private void Complete(int index, out Datagram datagram)
    {
        ref var slot = ref _slots[index];
        var at = 0;
        for (var chunk = slot.FirstChunk; chunk >= 0; chunk = _chunks[chunk].Next)
        {
            ChunkBytes(chunk).CopyTo(_whole.AsSpan(at));
            at += _chunks[chunk].Length;
        }

        Debug.Assert(at == slot.TotalBytes, "chunks without a gap");
        FreeChunks(ref slot);
        Counters.Reassembled++;
        Counters.WholePieces += slot.Datagram.Packets;
        datagram = slot.Datagram;
        datagram.Fate = DatagramFate.Reassembled;
        datagram.Data = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_whole, 0);
        datagram.Length = at;
        Remember(index);
    }
}
