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

    /// <summary>Before each datagram of a client, for one socket may pass on many clients' (version 2 alone).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StepOver(Flow* flow, ref ReadOnlySpan<byte> bytes, int direction)
    {
        if (bytes[0] != ProxyHeader.BinaryFirst) return;

        var length = ProxyHeader.Measure(bytes);
        if (length == ProxyHeader.TooLong) Counters.ProxyHeadersTooLong++;
        if (length <= 0) return;

        flow->Traits |= FlowTraits.ProxiedDatagrams;
        TellProxied(flow, bytes[..length], direction);
        bytes = bytes[length..];
    }

    private void TellProxied(Flow* flow, ReadOnlySpan<byte> header, int direction)
    {
        Counters.ProxyHeaders++;
        if (!ProxyReader.TryRead(header, out var record)) return;

        SetRecordContext(flow, isReversed: direction == 1);
        Records.Emit(in record, _now);
    }
}
