using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>One transfer is one row, wherever and however often it was seen.</summary>
public sealed class ConnectionsViewTests : IDisposable
{
    private const long Second = StoreContractTests.Second;

    private readonly TemporaryFolder _folder = new();
    private readonly RecordSink _sink = TestRecords.NewSink();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_transfer_at_four_interfaces_is_one_row_with_four_points()
    {
        Emit("n1", "veth1", 7, StoreContractTests.Start, 40_000, payload: 1000);
        Emit("n1", "eth0", 7, StoreContractTests.Start + 20_000, 40_000, payload: 1000);
        Emit("n2", "eth0", 7, StoreContractTests.Start + 400_000, 40_000, payload: 1000);
        Emit("n2", "veth7", 7, StoreContractTests.Start + 450_000, 40_000, payload: 1000);

        var row = Assert.Single(Ask("SELECT src_ip, src_port, dst_port, bytes_toserver, bytes_toclient, seen, "
            + "len(points), points[3].node, epoch_ns(points[2].time) - epoch_ns(time) FROM connections"));
        Assert.Equal(["\"10.0.0.1\"", "40000", "80", "600", "1200", "4", "4", "\"n2\"", "20000"], row);
    }

    [Fact]
    public void Pieces_of_a_long_flow_are_added_and_points_are_not()
    {
        foreach (var node in (string[])["n1", "n2"])
        {
            Emit(node, "eth0", 7, StoreContractTests.Start, 40_000, payload: 1000);
            Emit(node, "eth0", 7, StoreContractTests.Start + 300 * Second, 40_000, payload: 1000);
        }

        var row = Assert.Single(Ask("SELECT bytes_toserver, payload_toserver, seen FROM connections"));
        Assert.Equal(["1200", "2000", "2"], row);
    }

    [Fact]
    public void A_port_used_again_is_another_connection()
    {
        Emit("n1", "eth0", 7, StoreContractTests.Start, 40_000, payload: 1000);
        Emit("n1", "eth0", 8, StoreContractTests.Start + Second, 40_000, payload: 3000);
        Emit("n2", "eth0", 9, StoreContractTests.Start + Second / 2, 40_000, payload: 1000);
        Emit("n2", "eth0", 10, StoreContractTests.Start + 3 * Second / 2, 40_000, payload: 3000);
        Emit("n2", "eth0", 11, StoreContractTests.Start + 100 * Second, 40_000, payload: 5000);
        Assert.Equal(
            [["1000", "2"], ["3000", "2"], ["5000", "1"]],
            Ask("SELECT payload_toserver, seen FROM connections ORDER BY time"));
        Assert.Equal([["1000"]], Ask("SELECT payload_toserver FROM connections_in("
            + "make_timestamp_ns(1772366400000000000), make_timestamp_ns(1772366400900000000))"));
    }

    [Fact]
    public void Who_saw_it_begin_knows_the_client_and_who_saw_most_payload_counts()
    {
        Emit("n2", "eth0", 5, StoreContractTests.Start, 40_000, payload: 500, isMidstream: true, isReversed: true);
        Emit("n1", "eth0", 7, StoreContractTests.Start + 10, 40_000, payload: 1000);
        var row = Assert.Single(Ask(
            "SELECT src_ip, payload_toserver, midstream, points[1].bytes_toserver FROM connections"));
        Assert.Equal(["\"10.0.0.1\"", "1000", "false", "1200"], row);
    }

    /// <summary>As worker/Merge/Translations has it: each the nearest to the other, of one client and one service.
    /// </summary>
    [Fact]
    public void Before_and_behind_the_translation_of_a_services_address_is_one_row()
    {
        const long Start = StoreContractTests.Start;
        for (var number = 0; number < 3; number++)
        {
            var at = Start + number * Second;
            var flow = 10 * (ulong)number;
            Emit("n1", "veth1", flow, at, 40_000, payload: 1000 + flow, server: Service);
            Emit("n1", "eth0", flow + 1, at + 10, 40_000, payload: 1000 + flow, server: Pod);
            Emit("n2", "veth7", flow + 2, at + 20, 40_000, payload: 2000 + flow, server: Pod);
        }

        // Nobody saw this one behind, and that one before.
        Emit("n1", "veth1", 98, Start + 100 * Second, 40_000, payload: 1, server: Service);
        Emit("n2", "veth7", 99, Start + 200 * Second, 40_000, payload: 1, server: Pod);
        var rows = Ask("SELECT dst_ip, coalesce(via_ip, ''), coalesce(via_port, 0), seen, payload_toserver, "
            + "points[1].interface, points[3].node FROM connections ORDER BY time");
        string[] Row(int payload) =>
            ["\"10.0.0.2\"", "\"10.96.0.7\"", "80", "3", $"{payload}", "\"veth1\"", "\"n2\""];
        Assert.Equal([Row(2000), Row(2010), Row(2020)], rows.Take(3));
        Assert.Equal(["\"10.96.0.7\"", "\"\"", "0", "1", "1", "\"veth1\"", "null"], rows[3]);
        Assert.Equal(["\"10.0.0.2\"", "\"\"", "0", "1", "1", "\"veth7\"", "null"], rows[4]);
        Assert.Equal(5, rows.Count);
    }

    private static (Address Address, uint Peer) Service => (Address.FromBytes([10, 96, 0, 7]), Peers.Add(
        new Peer { Kind = PeerKind.Service, Name = "cart", Namespace = "view", Service = "cart" }));

    private static (Address Address, uint Peer) Pod => (Address.FromBytes([10, 0, 0, 2]), Peers.Add(
        new Peer { Kind = PeerKind.Pod, Name = "cart-1", Namespace = "view", Service = "cart" }));

    private void Emit(
        string node, string name, ulong flow, long nanos, ushort port, ulong payload, bool isMidstream = false,
        bool isReversed = false, (Address Address, uint Peer)? server = null)
    {
        var client = Address.FromBytes([10, 0, 0, 1]);
        var (called, peer) = server ?? (Address.FromBytes([10, 0, 0, 2]), 0u);
        _sink.Context = new RecordHeader
        {
            Client = isReversed ? called : client,
            Server = isReversed ? client : called,
            ServerPeer = peer,
            ClientPort = isReversed ? (ushort)80 : port,
            ServerPort = isReversed ? port : (ushort)80,
            Protocol = IpProtocol.Tcp,
            FlowId = flow,
            Interface = Origins.Add(node, name),
        };
        var record = new FlowRecord
        {
            FirstNanos = nanos,
            LastNanos = nanos + 20 * Second,
            PacketsToServer = 5,
            PacketsToClient = 6,
            BytesToServer = 600,
            BytesToClient = 1200,
            PayloadToServer = payload,
            PayloadToClient = 2 * payload,
            End = FlowEnd.Finished,
            IsTcp = true,
            IsMidstream = isMidstream,
        };
        _sink.Emit(in record, nanos);
    }

    private IReadOnlyList<IReadOnlyList<string>> Ask(string sql)
    {
        using var store = new DuckDbStore(new DuckDbOptions
        {
            Folder = _folder.Path,
            Clock = new FixedClock(StoreContractTests.Start),
        });
        store.Append(new StoreBatch
        {
            Lane = new LaneId("00", "l"),
            Sequence = 1,
            Records = _sink.Bytes,
            Count = _sink.Count,
        });
        store.Commit();
        return store.Sql(new SqlQuery(sql, 100, TimeSpan.FromSeconds(30)), default).Rows;
    }
}
