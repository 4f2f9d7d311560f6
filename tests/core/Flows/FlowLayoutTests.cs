using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Records;
using Xunit;

namespace NetSniff.Tests.Flows;

/// <summary>Ends, ports, VLANs and tunnel are copied from a flow to a record's header as one block.</summary>
public sealed class FlowLayoutTests
{
    [Fact]
    public void What_is_copied_as_one_lies_alike_in_both()
    {
        var flow = default(Flow);
        var head = default(RecordHeader);
        Assert.Equal(
            [
                Distance(ref flow.Client, ref flow.Server), Distance(ref flow.Client, ref flow.ClientPort),
                Distance(ref flow.Client, ref flow.ServerPort), Distance(ref flow.Client, ref flow.OuterVlan),
                Distance(ref flow.Client, ref flow.InnerVlan), Distance(ref flow.Client, ref flow.TunnelId),
            ],
            [
                Distance(ref head.Client, ref head.Server), Distance(ref head.Client, ref head.ClientPort),
                Distance(ref head.Client, ref head.ServerPort), Distance(ref head.Client, ref head.OuterVlan),
                Distance(ref head.Client, ref head.InnerVlan), Distance(ref head.Client, ref head.TunnelId),
            ]);
        Assert.Equal(Flow.EndsSize, Distance(ref flow.Client, ref flow.TunnelId) + sizeof(uint));
    }

    private static int Distance<TFrom, TTo>(ref TFrom from, ref TTo to) =>
        (int)Unsafe.ByteOffset(ref Unsafe.As<TFrom, byte>(ref from), ref Unsafe.As<TTo, byte>(ref to));
}
