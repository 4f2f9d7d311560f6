using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;

namespace NetSniff.Tests.Capture.AfPacket;

/// <summary>Segmentation offload shows frames that were never on a wire: up to 64 KiB, with checksums left blank.
/// </summary>
[Collection("network")]
public sealed class SuperPacketTests : RecordConsumer
{
    private const int BodyBytes = 20 << 20;
    private const int Port = 8080;

    private readonly List<string> _records = [];
    private readonly byte[] _stream = new byte[BodyBytes + 1024];
    private uint _firstSequence;
    private int _longestFrame;

    [Fact]
    public void A_bulk_transfer_is_the_same_bytes_on_both_sides_of_the_capture()
    {
        using var network = new TestNetwork();
        var options = network.Options with { RingMebibytes = 64, Filter = TestNetwork.Filter("tcp port 8080") };
        using var capture = TestNetwork.OpenOne("af-packet", options);
        var body = new byte[BodyBytes];
        new Random(1).NextBytes(body);
        var head = $"HTTP/1.1 200 OK\r\nContent-Length: {BodyBytes}\r\n\r\n";
        byte[] response = [.. Encoding.ASCII.GetBytes(head), .. body];
        var received = 0;
        var transfer = new Thread(() => received = Transfer(network, response)) { IsBackground = true };
        transfer.Start();

        using var shard = new Shard(new ShardOptions(), this);
        var frames = new Frame[64];
        for (int count; (count = capture.Receive(frames, TimeSpan.FromMilliseconds(100))) >= 0; capture.Release())
        {
            shard.Run(frames.AsSpan(0, count));
            foreach (ref readonly var frame in frames.AsSpan(0, count)) Place(in frame);
            if (!transfer.IsAlive) capture.Stop();
        }

        Assert.Equal(response.Length, received);
        shard.Finish();
        Assert.Equal(0, capture.Counters.Lost);
        CapturedFrames.AssertBalanced(capture);
        Assert.True(_longestFrame > 1514, "no super-packet: is segmentation offload off?");
        Assert.Equal(
            Convert.ToHexString(SHA256.HashData(response)),
            Convert.ToHexString(SHA256.HashData(_stream.AsSpan(0, response.Length))));
        Assert.Equal((0L, 0L), (shard.Counters.Streams.Gaps, shard.Counters.ParsersBroken));
        Assert.Contains(_records, record => record.Contains($"http.response.bytes={BodyBytes}"));
    }

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        foreach (var record in new RecordWalker(records)) _records.Add(TestRecords.Line(record));
    }

    private static int Transfer(TestNetwork network, byte[] response)
    {
        using var listener = network.FarSpace.Run(NewSocket);
        listener.Bind(new IPEndPoint(IPAddress.Parse(TestNetwork.FarAddress), Port));
        listener.Listen();
        using var client = network.NearSpace.Run(NewSocket);
        client.Connect(TestNetwork.FarAddress, Port);
        using var server = listener.Accept();
        client.Send("GET /bulk HTTP/1.1\r\nHost: far\r\n\r\n"u8);
        var sending = Task.Run(() =>
        {
            for (var sent = 0; sent < response.Length;) sent += server.Send(response.AsSpan(sent));
            server.Shutdown(SocketShutdown.Both);
        });
        var buffer = new byte[1 << 20];
        var received = 0;
        for (int count; (count = client.Receive(buffer)) > 0;) received += count;
        sending.GetAwaiter().GetResult();
        return received;
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private void Place(in Frame frame)
    {
        var packet = default(Packet);
        PacketDecoder.Decode(in frame, ref packet);
        _longestFrame = Math.Max(_longestFrame, frame.WireLength);
        if (packet.SourcePort != Port) return;

        if (packet.Has(TcpFlags.Syn)) _firstSequence = packet.Sequence + 1;
        if (packet.PayloadLength == 0) return;

        packet.Payload.CopyTo(_stream.AsSpan((int)(packet.Sequence - _firstSequence)));
    }
}
