using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Protocols.Proxy;

namespace NetSniff.Pipeline;

/// <content>What load balancers say before clients.</content>
public sealed unsafe partial class Shard
{
    /// <summary>Steps over what a load balancer said before the client's first byte.</summary>
    /// <returns>False while that is not all there, or nothing is behind it yet.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryBegin(Flow* flow, Conversation conversation, ref ReadOnlySpan<byte> bytes, int direction)
    {
        var half = conversation.Half(direction);
        var length = ProxyHeader.Measure(bytes);
        if (length == ProxyHeader.More)
        {
            if (half.HeldLength > 0) return false;

            Label(flow, conversation, bytes, direction);
            TryHold(flow, conversation, half, bytes);
            return false;
        }

        half.IsBegun = true;
        if (length == ProxyHeader.TooLong) Counters.ProxyHeadersTooLong++;
        if (length <= 0) return true;

        TellProxied(flow, bytes[..length], direction);
        bytes = bytes[length..];
        if (half.HeldLength == 0) return !bytes.IsEmpty;

        half.HeldStart += length;
        half.HeldLength -= length;
        if (bytes.IsEmpty) half.Release(_pool);
        return !bytes.IsEmpty;
    }

    /// <summary>A datagram of a flow that nobody has claimed, if a load balancer has put its words before it.</summary>
    /// <remarks>It does so before each of a client, for one socket may pass on many clients'; in version 2 alone.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakeProxied(Flow* flow, ReadOnlySpan<byte> bytes, int direction)
    {
        var inner = StepOver(flow, bytes, direction);
        if (inner.Length == bytes.Length) return false;

        flow->Traits |= FlowTraits.ProxiedDatagrams;
        if (!inner.IsEmpty && TryClaimDatagram(flow, inner, direction))
        {
            ReadDatagram(flow, inner, direction, flow->Is(FlowTraits.Reversed));
        }

        return true;
    }

    private ReadOnlySpan<byte> StepOver(Flow* flow, ReadOnlySpan<byte> bytes, int direction)
    {
        if (bytes[0] != ProxyHeader.BinaryFirst) return bytes;

        var length = ProxyHeader.Measure(bytes);
        if (length == ProxyHeader.TooLong) Counters.ProxyHeadersTooLong++;
        if (length <= 0) return bytes;

        TellProxied(flow, bytes[..length], direction);
        return bytes[length..];
    }

    private void TellProxied(Flow* flow, ReadOnlySpan<byte> header, int direction)
    {
        Counters.ProxyHeaders++;
        if (!ProxyReader.TryRead(header, out var record)) return;

        SetRecordContext(flow, isReversed: direction == 1);
        Records.Emit(in record, _now);
    }
}
