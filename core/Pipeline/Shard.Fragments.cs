using System.Runtime.CompilerServices;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Streams;

namespace NetSniff.Pipeline;

/// <summary>What is rare about packets: pieces of datagrams, tunnels, cut and broken ones.</summary>
public sealed unsafe partial class Shard
{
    /// <summary>Counts what is unusual. True: the packet has no flow, or is a piece of a datagram and was dealt with.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool HandleUnusual(ref Packet packet)
    {
        if (packet.Status != DecodeStatus.Ok)
        {
            _undecoded++;
            Counters.ByStatus[(int)packet.Status]++;
            if (_targets is { IsListed: true }) _frameApp = Apps.Untargeted;
            return true;
        }

        if (packet.Is(PacketTraits.CutBySnap))
        {
            Counters.CutBySnap++;
            // A length in the header that no byte bears out, though the frame is all there: believed of data, which a
            // mirror may have cut, but with a SYN it would move the place where the stream begins.
            var isMadeUp = packet.Has(TcpFlags.Syn) && packet.PayloadLength == 0
                && packet.CapturedLength == packet.WireLength;
            if (isMadeUp) packet.PayloadWireLength = 0;
        }

        if (packet.Is(PacketTraits.Tunnelled)) Counters.TunnelledPackets++;
        if (packet.Is(PacketTraits.BadTransport)) Counters.BadTransport++;
        if (!packet.Is(PacketTraits.Fragment)) return false;

        Counters.Fragments++;
        if (!_options.GathersPieces) return true;

        if (!IsWanted(in packet))
        {
            LeaveOut(1);
            return true;
        }

        var result = _defragmenter.Add(in packet, out var datagram);
        if (result != DefragResult.Held) Credit(in datagram, ref packet);
        ExpireFragments();
        return true;
    }

    /// <summary>A datagram's pieces belong to its flow, all of them; its bytes are read where it is whole.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Credit(in Datagram datagram, ref Packet packet)
    {
        datagram.LendTo(ref packet);
        if (datagram.Fate == DatagramFate.Reassembled)
        {
            PacketDecoder.DecodeTransport(ref packet);
            if (packet.Status == DecodeStatus.Ok && !packet.Is(PacketTraits.Fragment))
            {
                Count(ref packet, datagram.Packets, datagram.WireBytes);
                return;
            }

            // A tunnel that came in pieces and carries a piece itself: nobody builds that on purpose.
            if (packet.Status == DecodeStatus.Ok) packet.Traits |= PacketTraits.BadTransport;
        }

        packet.Traits |= PacketTraits.BadTransport;
        packet.PayloadLength = packet.PayloadWireLength = 0;
        Count(ref packet, datagram.Packets, datagram.WireBytes);
    }

    private void ExpireFragments()
    {
        while (_defragmenter.TryTakeIncomplete(_now, out var datagram)) Take(in datagram);
    }

    private void FinishFragments()
    {
        while (_defragmenter.TryTakeRest(out var datagram)) Take(in datagram);
    }
}
