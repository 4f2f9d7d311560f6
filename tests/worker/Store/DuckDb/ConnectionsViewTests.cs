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
        var row = Assert.Single(Ask("SELECT src_ip, payload_toserver, midstream, points[1].bytes_toserver FROM connections"));
        Assert.Equal(["\"10.0.0.1\"", "1000", "false", "1200"], row);
    }

    private void Emit(
        string node, string name, ulong flow, long nanos, ushort port, ulong payload, bool isMidstream = false,
        bool isReversed = false)
    {
        var (client, server) = (Address.FromBytes([10, 0, 0, 1]), Address.FromBytes([10, 0, 0, 2]));
        _sink.Context = new RecordHeader
        {
            Client = isReversed ? server : client,
            Server = isReversed ? client : server,
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
