using NetSniff.Packets;
using NetSniff.Pipeline;

namespace NetSniff.Tests.Pipeline;

public sealed class SettingsTests
{
    private const TcpFlags Ack = TcpFlags.Ack;
    private const string Get = "GET /a HTTP/1.1\r\nHost: shop\r\n\r\n";

    private readonly ShardSettings _dnsOnly = new() { Protocols = ["DNS"] };

    [Fact]
    public void What_is_not_chosen_is_not_read_from_the_next_connection_on()
    {
        using var wire = new Wire();
        wire.Handshake().Tcp('>', Ack, 101, 501, Get);
        wire.Shard.Settings = _dnsOnly;
        wire.Tcp('>', Ack, 101 + (uint)Get.Length, 501, Get).Handshake(port: 40001)
            .Tcp('>', Ack, 101, 501, Get, port: 40001);
        wire.Udp('>', [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1]);
        wire.Shard.Settings = null;
        var records = wire.Handshake(port: 40002).Tcp('>', Ack, 101, 501, Get, port: 40002).Finish();
        Assert.Equal(3, records.Count(line => line.StartsWith("http ", StringComparison.Ordinal)));
        Assert.Equal(1, records.Count(line => line.StartsWith("dns ", StringComparison.Ordinal)));
        Assert.Equal(4, records.Count(line => line.StartsWith("flow ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Another_timeout_holds_for_flows_that_are_there()
    {
        using var wire = new Wire();
        wire.Udp('>', [1, 2, 3]);
        wire.Shard.Settings = new ShardSettings { DatagramIdleMax = TimeSpan.FromSeconds(300) };
        wire.Wait(TimeSpan.FromSeconds(100));
        Assert.Equal(1, wire.Shard.FlowsLive);
        wire.Wait(TimeSpan.FromSeconds(301));
        Assert.Equal(0, wire.Shard.FlowsLive);
    }

    [Fact]
    public void A_protocol_with_ports_is_asked_about_those_alone()
    {
        using var wire = new Wire();
        wire.Shard.Settings = new ShardSettings
        {
            Ports = new Dictionary<string, IReadOnlyList<int>> { ["HTTP"] = [40001], ["dns"] = [5353] },
        };
        var question = (byte[])[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1];
        var records = wire.Handshake().Tcp('>', Ack, 101, 501, Get)
            .Handshake(port: 40001).Tcp('>', Ack, 101, 501, Get, port: 40001)
            .Udp('>', question).Udp('>', question, serverPort: 5353).Finish();
        Assert.Equal(1, records.Count(line => line.StartsWith("http ", StringComparison.Ordinal)));
        Assert.Equal(1, records.Count(line => line.StartsWith("dns ", StringComparison.Ordinal)));
    }
}
