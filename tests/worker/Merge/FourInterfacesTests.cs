using System.Net;
using System.Net.Sockets;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.AfPacket;
using NetSniff.Tests.Capture;
using NetSniff.Wire.Batches;
using NetSniff.Worker.Enrich;
using NetSniff.Worker.Merge;

namespace NetSniff.Tests.Worker.Merge;

/// <summary>Real connections between two pods on two nodes joined by VXLAN, seen at all four interfaces they pass.
/// </summary>
[Collection("network")]
public sealed class FourInterfacesTests
{
    private const int Connections = 5;
    private const int SentBytes = 20_000;
    private const int GotBytes = 300_000;

    [Fact]
    public void A_transfer_between_pods_of_two_nodes_is_one_record_with_four_points()
    {
        TestNamespace.Need();
        using var pods = new Pods();
        pods.Begin();
        for (var number = 0; number < Connections; number++) pods.Transfer(8080 + number);
        var merged = TestRecords.NewSink();
        var merge = new ConnectionMerge();
        foreach (var batch in pods.End())
        {
            // As a sensor ships it and a worker takes it: node and interface come with the batch, names are added.
            var decoder = new BatchDecoder();
            Assert.True(decoder.TryRead(batch));
            var records = decoder.Records.ToArray();
            new Enricher(pods.Book).Enrich(records);
            foreach (var record in new RecordWalker(records))
            {
                // Bridges and tunnels talk among themselves, too.
                if (record.Header.Protocol == IpProtocol.Tcp) merge.Add(record);
            }
        }

        merge.Finish(merged);
        Assert.Equal(Connections, merged.Count);
        var port = 8080;
        foreach (var record in new RecordWalker(merged.Bytes)) AssertIsOne(record, port++);
    }

    private static void AssertIsOne(RecordView record, int port)
    {
        Assert.Equal(port, record.Header.ServerPort);
        Assert.Equal("web", Peers.Of(record.Header.ClientPeer).Name);
        Assert.Equal("cart", Peers.Of(record.Header.ServerPeer).Name);
        Assert.Equal(
            "[node-1/veth-web, node-1/eth0 vxlan 42, node-2/eth0 vxlan 42, node-2/veth-cart]",
            Show(record, "connection.points"));
        // Payload is the same everywhere, so it shows best that it was counted once.
        Assert.Equal($"{SentBytes}", Show(record, "connection.payload.toserver"));
        Assert.Equal($"{GotBytes}", Show(record, "connection.payload.toclient"));
        var first = Numbers(record, "connection.points.first");
        Assert.Equal(first.Order(), first);
        Assert.Equal(0ul, first[0]);
        Assert.Equal(first.Zip(first.Skip(1), (from, to) => to - from), Numbers(record, "connection.legs"));
        Assert.All(Numbers(record, "connection.points.rtt"), rtt => Assert.True(rtt > 0));
        // A frame in a tunnel is longer than one without, whatever the offloads make of their number.
        var bytes = Numbers(record, "connection.points.bytes.toserver");
        Assert.True(bytes[0] >= SentBytes && bytes[1] > bytes[0], string.Join(' ', bytes));
        Assert.Equal("1", Show(record, "connection.end"));
    }

    private static string Show(RecordView record, string name) =>
        record.TryGet(name, out var value) ? TestRecords.Show(value) : "-";

    private static List<ulong> Numbers(RecordView record, string name)
    {
        List<ulong> numbers = [];
        Assert.True(record.TryGet(name, out var value), name);
        for (var index = 0; index < value.NumbersCount; index++) numbers.Add(value.NumberAt(index));
        return numbers;
    }

    /// <summary>web in a pod of node-1, cart in one of node-2: a bridge on each node, VXLAN between them.</summary>
    private sealed class Pods : IDisposable
    {
        private readonly TestNamespace _web = new();
        private readonly TestNamespace _cart = new();
        private readonly TestNamespace[] _nodes = [new(), new()];
        private readonly List<(string Node, PacketCapture Capture)> _captures = [];

        public Pods()
        {
            _nodes[0].Ip("link add eth0 type veth peer name far");
            _nodes[0].Ip($"link set far netns {_nodes[1].Path}");
            _nodes[1].Ip("link set far name eth0");
            for (var node = 0; node < 2; node++)
            {
                var (space, pod, name) = (_nodes[node], node == 0 ? _web : _cart, node == 0 ? "web" : "cart");
                space.Ip($"addr add 172.30.0.{node + 1}/24 dev eth0");
                space.Ip("link set eth0 up");
                Need(space, $"link add tunnel type vxlan id 42 local 172.30.0.{node + 1} remote 172.30.0.{2 - node} "
                    + "dstport 4789 dev eth0");
                Need(space, "link add bridge type bridge");
                space.Ip($"link add veth-{name} type veth peer name eth0 netns {pod.Path}");
                foreach (var port in (string[])["tunnel", $"veth-{name}"]) space.Ip($"link set {port} master bridge");
                foreach (var port in (string[])["tunnel", $"veth-{name}", "bridge"]) space.Ip($"link set {port} up");
                pod.Ip("link set lo up");
                pod.Ip($"addr add 10.7.0.{node + 1}/24 dev eth0");
                // Room for the tunnel's headers.
                pod.Ip("link set eth0 mtu 1400 up");
            }

            foreach (var pod in (TestNamespace[])[_web, _cart]) TestNetwork.AwaitUp(pod, "eth0");
            Book.Replace(
                [
                    new PodObject("shop", "web") { Node = "node-1", Addresses = [Address.FromBytes([10, 7, 0, 1])] },
                    new PodObject("shop", "cart") { Node = "node-2", Addresses = [Address.FromBytes([10, 7, 0, 2])] },
                ],
                0);
        }

        public IdentityBook Book { get; } = new();

        public void Begin()
        {
            Capture("node-1", _nodes[0], "veth-web");
            Capture("node-1", _nodes[0], "eth0");
            Capture("node-2", _nodes[1], "eth0");
            Capture("node-2", _nodes[1], "veth-cart");
        }

        public void Transfer(int port)
        {
            var target = new IPEndPoint(IPAddress.Parse("10.7.0.2"), port);
            using var listener = _cart.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
            listener.Bind(target);
            listener.Listen();
            using var client = _web.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
            client.Connect(target);
            using var server = listener.Accept();
            Pass(client, server, SentBytes);
            Pass(server, client, GotBytes);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, server.Receive(new byte[1]));
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, client.Receive(new byte[1]));
        }

        private static void Pass(Socket from, Socket to, int bytes)
        {
            var sending = Task.Run(() => from.Send(new byte[bytes]));
            for (var left = bytes; left > 0;) left -= to.Receive(new byte[left]);
            Assert.Equal(bytes, sending.GetAwaiter().GetResult());
        }

        /// <summary>A batch of each capture.</summary>
        public List<byte[]> End()
        {
            List<byte[]> batches = [];
            foreach (var (node, capture) in _captures)
            {
                var kept = new Encoding();
                using var shard = new Shard(new ShardOptions { ShardNumber = (ushort)batches.Count }, kept);
                var frames = new Frame[64];
                capture.Stop();
                for (int count; (count = capture.Receive(frames, TimeSpan.Zero)) >= 0; capture.Release())
                {
                    shard.Run(frames.AsSpan(0, count));
                }

                shard.Finish();
                Assert.Equal(0, capture.Counters.Dropped);
                string[] names = [.. capture.Interfaces.Select(one => one.Name)];
                batches.Add(kept.Encoder.Finish(names, node).ToArray());
            }

            return batches;
        }

        public void Dispose()
        {
            foreach (var (_, capture) in _captures) capture.Dispose();
            foreach (var space in (TestNamespace[])[_web, _cart, .. _nodes]) space.Dispose();
        }

        private void Capture(string node, TestNamespace space, string name)
        {
            var options = new LiveOptions
            {
                Interfaces = [name],
                NetworkNamespace = space.Path,
                RingMebibytes = 16,
            };
            _captures.Add((node, TestNetwork.OpenOne("af-packet", options)));
        }

        private static void Need(TestNamespace space, string arguments)
        {
            try
            {
                space.Ip(arguments);
            }
            catch (InvalidOperationException problem)
            {
                Assert.Skip($"this kernel has no such interface: {problem.Message}");
            }
        }
    }

    private sealed class Encoding : RecordConsumer
    {
        public BatchEncoder Encoder { get; } = new();

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            foreach (var record in new RecordWalker(records)) Encoder.Add(record);
        }
    }
}
