using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Tests.Flows;

/// <summary>Where fields lie that are read and written as parts of words.</summary>
public sealed unsafe class LayoutTests
{
    [Fact]
    public void A_frame_is_four_words()
    {
        Assert.Equal(Frame.Size, sizeof(Frame));
        Assert.Equal(4 * sizeof(ulong), Frame.Size);
        var bytes = stackalloc byte[1];
        var place = new Frame(1, 2, 3, 4, LinkType.Raw, 5, 6, 7);
        Frame.Put(ref place, bytes, 60 | 1500ul << 32, 1_700_000_000_000_000_000, LinkType.Ethernet);
        Assert.Equal(new Frame((nint)bytes, 60, 1500, 1_700_000_000_000_000_000, LinkType.Ethernet), place);
    }

    [Fact]
    public void A_packet_has_where_its_frame_lies_as_the_frame_has_it()
    {
        var frame = new Frame(0x1234_5678, 60, 1500, 4, LinkType.Ethernet);
        Packet packet = default;
        packet.FrameWord = Unsafe.As<Frame, Vector128<byte>>(ref frame);
        Assert.Equal((frame.Data, 60, 1500), ((nint)packet.Data, packet.CapturedLength, packet.WireLength));
    }

    [Fact]
    public void Flows_and_their_numbers_have_the_sizes_their_places_are_computed_by()
    {
        Assert.Equal(16, sizeof(Address));
        Assert.Equal(Address.Size, sizeof(Address));
        Assert.Equal((128, 128), (Packet.Size, sizeof(Packet)));
        Assert.Equal((128, 128), (Flow.Size, sizeof(Flow)));
        Assert.Equal((64, 64), (TcpNumbers.Size, sizeof(TcpNumbers)));
        Assert.Equal(0, Flow.Size % TcpNumbers.Size);
    }

    /// <summary>A flow's key is a packet's, to the server, but for what is put into spare bits.</summary>
    [Fact]
    public void A_flow_begins_as_a_packet_does()
    {
        Packet packet = default;
        Flow flow = default;
        Assert.Equal((0, 0), (Offset(&flow.Client, &flow), Offset(&packet.Source, &packet)));
        Assert.Equal((16, 16), (Offset(&flow.Server, &flow), Offset(&packet.Target, &packet)));
        Assert.Equal((32, 32), (Offset(&flow.OuterVlan, &flow), Offset(&packet.OuterVlan, &packet)));
        Assert.Equal((34, 34), (Offset(&flow.InnerVlanAndTunnel, &flow), Offset(&packet.InnerVlan, &packet)));
        Assert.Equal((36, 36), (Offset(&flow.TunnelId, &flow), Offset(&packet.TunnelId, &packet)));
        Assert.Equal((40, 40), (Offset(&flow.Protocol, &flow), Offset(&packet.Protocol, &packet)));
        Assert.Equal((41, 41), (Offset(&flow.Tries, &flow), Offset(&packet.Tunnel, &packet)));
        Assert.Equal((42, 42), (Offset(&flow.Interface, &flow), Offset(&packet.Interface, &packet)));
        Assert.Equal((44, 44), (Offset(&flow.ClientPort, &flow), Offset(&packet.SourcePort, &packet)));
        Assert.Equal((46, 46), (Offset(&flow.ServerPort, &flow), Offset(&packet.TargetPort, &packet)));
        Assert.Equal((32, 40, 44), (FlowTable.PathOffset, FlowTable.KindOffset, FlowTable.PortsOffset));
    }

    /// <summary>What every packet looks at or changes is in the first line.</summary>
    [Fact]
    public void A_flows_lines_begin_where_they_should()
    {
        Flow flow = default;
        Assert.Equal(48, Offset(&flow.Slot, &flow));
        Assert.Equal(52, Offset(&flow.Hash, &flow));
        Assert.Equal(56, Offset(&flow.LastNanos, &flow));
        Assert.Equal(64, Offset(flow.Bytes, &flow));
    }

    [Fact]
    public void A_packets_words_cover_the_fields_beside_them()
    {
        Packet packet = default;
        Assert.Equal(0, Offset(&packet.EndsWord, &packet));
        Assert.Equal(32, Offset(&packet.PathWord, &packet));
        Assert.Equal(40, Offset(&packet.KindWord, &packet));
        Assert.Equal(44, Offset(&packet.PortsWord, &packet));
        Assert.Equal(44, Offset(&packet.TransportWord, &packet));
        Assert.Equal(59, Offset(&packet.WindowScale, &packet));
        Assert.Equal((60, 60), (Offset(&packet.MarksWord, &packet), Offset(&packet.TimeToLive, &packet)));
        Assert.Equal((64, 64), (Offset(&packet.FrameWord, &packet), Offset(&packet.Data, &packet)));
        Assert.Equal((112, 112), (Offset(&packet.PieceWord, &packet), Offset(&packet.FragmentOffset, &packet)));
        Assert.Equal(120, Offset(&packet.FlowHint, &packet));
    }

    [Fact]
    public void Flows_have_their_numbers_behind_all_of_the_page()
    {
        using var table = new FlowTable(4096);
        var numbers = new HashSet<nint>();
        for (var key = 0; key < 3; key++)
        {
            var packet = FlowTableTests.PacketOf(key, isBack: false) with { Protocol = IpProtocol.Tcp };
            var flow = table.Add(in packet, out var number);
            var page = (byte*)table.At(0);
            Assert.Equal((Flow.Size << 15) + number * TcpNumbers.Size, Offset(flow->Tcp, page));
            Assert.True(numbers.Add((nint)flow->Tcp));
        }
    }

    private static int Offset(void* field, void* start) => (int)((byte*)field - (byte*)start);
}
