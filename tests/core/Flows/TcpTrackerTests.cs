using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Tests.Flows;

/// <summary>Conversations as lines: direction, flags, sequence, acknowledgement, length.</summary>
public sealed unsafe class TcpTrackerTests : IDisposable
{
    private readonly FlowTable _table = new(4096);

    private const string Handshake = "> S 100 0 0; < SA 500 101 0; > A 101 501 0; ";

    [Theory]
    [InlineData("> S 100 0 0", TcpState.SynSent)]
    [InlineData("> S 100 0 0; < SA 500 101 0", TcpState.SynReceived)]
    [InlineData(Handshake, TcpState.Established)]
    [InlineData(Handshake + "> FA 101 501 0", TcpState.FinWait1)]
    [InlineData(Handshake + "> FA 101 501 0; < FA 501 102 0; > A 102 502 0", TcpState.Closed)]
    [InlineData(Handshake + "> FA 101 501 0; < A 501 102 9; < FA 510 102 0; > A 102 511 0", TcpState.Closed)]
    [InlineData(Handshake + "< R 501 0 0", TcpState.Closed)]
    [InlineData(Handshake + "< R 2999999999 0 0", TcpState.Established)]
    [InlineData("> S 100 0 0; > S 900 0 0; < SA 900 101 0; < SA 100 901 0", TcpState.SynReceived)]
    public void States_follow_the_flags(string said, TcpState wanted) => Assert.Equal(wanted, Play(said)->State);

    [Theory]
    [InlineData(Handshake + "> A 101 501 10; > A 101 501 10", 1, 0)] // the same again
    [InlineData(Handshake + "> A 101 501 10; > A 111 501 10; > A 106 501 5", 1, 0)] // a part again
    [InlineData(Handshake + "> A 111 501 10; > A 101 501 10", 0, 1)] // late, into the hole
    [InlineData(Handshake + "> A 121 501 10; > A 101 501 10; > A 111 501 10", 0, 2)] // the hole in two steps
    [InlineData(Handshake + "> A 111 501 10; > A 101 501 10; > A 101 501 10", 1, 1)]
    [InlineData(Handshake + "> A 101 501 10; > A 110 501 1", 0, 0)] // a keep-alive
    public void What_came_twice_and_what_came_late_are_told_apart(string said, int twice, int late)
    {
        var flow = Play(said);
        Assert.Equal(((uint)twice, (uint)late), (flow->Tcp->Retransmitted[0], flow->Tcp->OutOfOrder[0]));
    }

    [Fact]
    public void Round_trip_is_that_of_the_handshake()
    {
        Assert.Equal(2000u, Play(Handshake)->Tcp->RttMicros);
        // Karn's rule: nobody knows which SYN was answered.
        Assert.Equal(0u, Play("> S 100 0 0; > S 100 0 0; < SA 500 101 0; > A 101 501 0")->Tcp->RttMicros);
    }

    [Fact]
    public void Numbers_wrap()
    {
        var flow = Play("> S 4294967290 0 0; < SA 500 4294967291 0; > A 4294967291 501 10; > A 5 501 10");
        Assert.Equal((0u, 0u, 15u), (flow->Tcp->Retransmitted[0], flow->Tcp->OutOfOrder[0], flow->NextSequence[0]));
    }

    [Theory]
    [InlineData(Handshake, 101u, false)] // the first SYN once more
    [InlineData(Handshake, 900_000u, true)]
    [InlineData(Handshake + "< R 501 0 0", 101u, true)]
    public void A_syn_on_old_ports_is_another_connection(string said, uint sequence, bool isReuse)
    {
        var flow = Play(said);
        Packet syn = default;
        (syn.Flags, syn.Sequence) = (TcpFlags.Syn, sequence - 1);
        Assert.Equal(isReuse, TcpTracker.IsReuse(flow, in syn, direction: 0));
    }

    public void Dispose() => _table.Dispose();

    private Flow* Play(string said)
    {
        Packet first = default;
        first.Protocol = IpProtocol.Tcp;
        var flow = _table.Add(in first, out _);
        var nanos = 1_000_000L;
        foreach (var line in said.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = line.Split(' ');
            Packet packet = default;
            foreach (var letter in parts[1])
            {
                packet.Flags |= letter switch
                {
                    'S' => TcpFlags.Syn, 'A' => TcpFlags.Ack, 'F' => TcpFlags.Fin, _ => TcpFlags.Rst,
                };
            }

            packet.Sequence = uint.Parse(parts[2]);
            packet.Acknowledgement = uint.Parse(parts[3]);
            packet.PayloadLength = packet.PayloadWireLength = int.Parse(parts[4]);
            packet.Window = 100;
            packet.TimeNanos = nanos;
            if (flow->FirstNanos == 0) flow->FirstNanos = nanos;
            TcpTracker.Update(flow, in packet, parts[0] == ">" ? 0 : 1);
            nanos += 1_000_000;
        }

        return flow;
    }
}
