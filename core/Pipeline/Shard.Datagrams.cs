using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Protocols.Labels;
using NetSniff.Protocols.Proxy;

namespace NetSniff.Pipeline;

/// <summary>Datagrams: whose they are, and the parser that reads them.</summary>
public sealed unsafe partial class Shard
{
    private void HandleDatagram(Flow* flow, ref Packet packet, int direction)
    {
        if (flow->Mode == FlowMode.Opaque)
        {
            if (flow->Slot == 0 || packet.Data[packet.PayloadOffset] < DatagramParser.FirstAgainMin) return;
            if (!TryBeginAgain(flow, in packet, direction)) return;
        }

        if (!_options.ReadsProtocols) return;
        if (packet.Protocol is not (IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp))
        {
            flow->Mode = FlowMode.Opaque;
            return;
        }

        if (_rung != DepthRung.Full && TryCountOnlyDatagram(flow, in packet)) return;
        var bytes = packet.Payload;
        if (packet.Protocol == IpProtocol.Sctp)
        {
            // An association opens with chunks that say nothing of what it will carry.
            LabelDatagram(flow, bytes, direction, _options.ProbeDatagramsMax);
            return;
        }

        // Of a frame that is whole nothing was cut: what it says beyond its end its sender made up.
        _context.MissingBytes =
            packet.CapturedLength < packet.WireLength ? packet.PayloadWireLength - bytes.Length : 0;
        if (flow->Mode == FlowMode.New)
        {
            if (bytes[0] == ProxyHeader.BinaryFirst && TryTakeProxied(flow, bytes, direction)) return;
            if (!TryClaimDatagram(flow, bytes, direction)) return;
        }

        const FlowTraits Rare = FlowTraits.Reversed | FlowTraits.ProxiedDatagrams;
        if (flow->Is(Rare)) ReadRare(flow, bytes, direction);
        else ReadDatagram(flow, bytes, direction, isReversed: false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReadRare(Flow* flow, ReadOnlySpan<byte> bytes, int direction)
    {
        if (flow->Is(FlowTraits.ProxiedDatagrams)) bytes = StepOver(flow, bytes, direction);
        if (!bytes.IsEmpty) ReadDatagram(flow, bytes, direction, flow->Is(FlowTraits.Reversed));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ReadDatagram(Flow* flow, ReadOnlySpan<byte> bytes, int direction, bool isReversed)
    {
        SetParseContext(flow, isReversed);
        _context.Slot = flow->Slot;
        var result = _datagramParsers[flow->Parser]!.Parse(
            bytes, (Direction)(isReversed ? 1 - direction : direction), _context);
        flow->Slot = _context.Slot;
        flow->App = _context.App;
        if (result == DatagramResult.Done) flow->Tries = 0;
        else if (result == DatagramResult.Broken) BreakDatagram(flow);
        else FinishDatagrams(flow);
    }

    /// <summary>The parser is done with the flow, and may have left a word by which to know something new.</summary>
    private void FinishDatagrams(Flow* flow)
    {
        var word = flow->Slot;
        EndDatagrams(flow);
        if (word >= ParseContext.NothingOpen) flow->Slot = word;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryBeginAgain(Flow* flow, in Packet packet, int direction)
    {
        if (_rung != DepthRung.Full && !IsSampled(flow)) return false;

        var parser = _datagramParsers[flow->Parser]!;
        var verdict = parser.BeginsAgain(packet.Payload, (Direction)direction, flow->Slot);
        if (verdict is not (Verdict.Yes or Verdict.YesReversed)) return false;

        if (verdict == Verdict.YesReversed) flow->Traits |= FlowTraits.Reversed;
        else flow->Traits &= ~FlowTraits.Reversed;
        (flow->Mode, flow->Slot, flow->Tries) = (FlowMode.Parsing, 0, 0);
        return true;
    }

    private bool TryClaimDatagram(Flow* flow, ReadOnlySpan<byte> bytes, int direction)
    {
        var hints = Hints(flow) with { IsCut = _context.MissingBytes > 0 };
        var candidates = _datagramsByFirst[bytes[0]];
        if (!IsPortOfDatagrams(hints)) candidates &= ~_datagramsOfPorts;

        // A flow that has a name may turn to DTLS, and one that stayed nameless for long to nothing else either. A name
        // by one strange datagram is no reason to leave a protocol unread on its own port.
        var isLate = flow->Tries >= _options.ProbeDatagramsMax;
        for (; candidates != 0; candidates &= candidates - 1)
        {
            var index = System.Numerics.BitOperations.TrailingZeroCount(candidates);
            var isWatched = isLate || (flow->App != Apps.Unknown && !IsAtHome(index, hints));
            if ((isWatched && index != _dtls) || !HasPortFor(index, flow)) continue;

            var verdict = _entries[index].Probe(bytes, (Direction)direction, hints);
            if (verdict is not (Verdict.Yes or Verdict.YesReversed)) continue;

            if (verdict == Verdict.YesReversed) flow->Traits |= FlowTraits.Reversed;
            flow->Mode = FlowMode.Parsing;
            flow->Parser = (byte)index;
            flow->App = _apps[index];
            flow->Tries = 0;
            flow->Slot = 0;
            return true;
        }

        LabelDatagram(flow, bytes, direction, _options.WatchDatagramsMax);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsPortOfDatagrams(ProbeHints hints)
    {
        foreach (var port in _portsOfDatagrams)
        {
            if (hints.IsPort(port)) return true;
        }

        return false;
    }

    private bool IsAtHome(int index, ProbeHints hints)
    {
        foreach (var port in _entries[index].Info.Ports)
        {
            if (hints.IsPort(port)) return true;
        }

        return false;
    }

    /// <summary>Until a parser has claimed the flow its slot is the labels' memory of the datagram before.</summary>
    /// <param name="watchedMax">Datagrams after which the flow is left alone. STUN and RTP are named at once and
    /// watched on: DTLS may follow, as STARTTLS does in streams.</param>
    private void LabelDatagram(Flow* flow, ReadOnlySpan<byte> bytes, int direction, int watchedMax)
    {
        var isLabelWanted = flow->App == Apps.Unknown && flow->Tries < _options.ProbeDatagramsMax;
        if (isLabelWanted) Recognise(flow, Transport.Datagram, bytes, direction, ref flow->Slot);
        if (++flow->Tries < watchedMax) return;

        flow->Mode = FlowMode.Opaque;
        flow->Slot = 0;
    }

    private void BreakDatagram(Flow* flow)
    {
        // The capture's doing, and counted as that where it was decoded.
        if (_context.MissingBytes > 0) return;

        Counters.DatagramsBroken++;
        if (++flow->Tries < _options.ProbeDatagramsMax) return;
        if (flow->Slot != 0) EndDatagrams(flow);
        flow->Mode = FlowMode.Opaque;
    }

    private void EndDatagrams(Flow* flow)
    {
        if (flow->Slot is not 0 and < ParseContext.NothingOpen && flow->Mode == FlowMode.Parsing)
        {
            SetParseContext(flow, flow->Is(FlowTraits.Reversed));
            (_context.Slot, _context.MissingBytes) = (flow->Slot, 0);
            _datagramParsers[flow->Parser]!.EndFlow(_context);
            flow->App = _context.App;
        }

        if (flow->Mode == FlowMode.Parsing) flow->Slot = 0;
        flow->Mode = FlowMode.Opaque;
    }
}
