using System.Diagnostics;
using System.Globalization;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Bench.Storing;

/// <summary>How fast flow records go into the store, what they cost there, and how fast they are found.</summary>
/// <param name="target">A folder for DuckDB, or the address of a database on a ClickHouse server.</param>
internal sealed class StoreBench(string target, int millions)
{
    private const int BatchRecords = 8192;
    private const long Start = 1_772_366_400_000_000_000;
    private const long Second = 1_000_000_000;
    private static readonly LaneId s_lane = new("0123456789abcdef0123456789abcdef", "w1/flows");

    private static readonly ushort[] s_ports = [53, 80, 443, 8080];

    // 2,000 clients in pods, 200 services, and the world.
    private readonly Random _random = new(7);
    private readonly RecordSink _sink = new(16 << 20);

    /// <summary>Every how many records there is a commit.</summary>
    public int CommitRecords { get; init; } = 1 << 17;

    /// <summary>The server, where its processor time is wanted; it runs on this machine then.</summary>
    public int? ServerProcess { get; init; }

    public int Run()
    {
        var batches = Batches();
        var total = millions * 1_000_000L / BatchRecords * BatchRecords;
        var store = Open();
        Append(store, batches, 1, BatchRecords * 32);
        var process = Process.GetCurrentProcess();
        var server = ServerSeconds();
        var cpu = process.TotalProcessorTime;
        var clockStart = Stopwatch.GetTimestamp();
        Append(store, batches, 33, total);
        var seconds = Stopwatch.GetElapsedTime(clockStart).TotalSeconds;
        process.Refresh();
        var cpuSeconds = (process.TotalProcessorTime - cpu).TotalSeconds;
        server = ServerSeconds() - server;
        var records = store.Counts.Records;
        Find(store);
        store.Expire(Start);
        var bytes = store.Counts.BytesOnDisk;
        store.Dispose();
        if (Directory.Exists(target)) bytes = Size(target);
        Print("appended", $"{total} flow records in batches of {BatchRecords}, a commit every {CommitRecords}");
        Print("records/s", $"{total / seconds:F0} by the clock, {total / cpuSeconds:F0} of one core");
        Print("CPU", $"{cpuSeconds * 1e6 / total:F2} s per million");
        if (ServerProcess is not null) Print("server", $"{server * 1e6 / total:F2} s per million");
        Print("disk", $"{(double)bytes / records:F1} bytes a record, closed");
        return 0;
    }

    private IRecordStore Open()
    {
        var clock = new FixedClock();
        if (ClickHouseAddress.IsOne(target))
        {
            return new ClickHouseStore(new ClickHouseOptions
            {
                Address = ClickHouseAddress.Parse(target),
                Password = static () => Environment.GetEnvironmentVariable("NETSNIFF_STORE_PASSWORD"),
                Clock = clock,
            });
        }

        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        return new DuckDbStore(new DuckDbOptions { Folder = target, Threads = 1, Clock = clock });
    }

    private static long Size(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Sum(path => new FileInfo(path).Length);

    private double ServerSeconds()
    {
        if (ServerProcess is not { } id) return 0;
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime.TotalSeconds;
    }

    private void Append(IRecordStore store, List<(byte[] Records, int Count)> batches, ulong first, long total)
    {
        var pending = 0;
        for (var (done, sequence) = (0L, first); done < total; sequence++)
        {
            var (records, count) = batches[(int)(sequence % (ulong)batches.Count)];
            store.Append(new StoreBatch { Lane = s_lane, Sequence = sequence, Records = records, Count = count });
            done += count;
            pending += count;
            if (pending < CommitRecords) continue;

            store.Commit();
            pending = 0;
        }

        store.Commit();
    }

    private static void Find(IRecordStore store)
    {
        Time(store, "the last 1000 of one host", new RecordQuery
        {
            Where = "ip == 10.0.3.7",
            CountMax = 1000,
            IsLast = true,
        });
        Time(store, "the first 1000 of a network, by its errors", new RecordQuery
        {
            Where = "src.ip in 10.0.4.0/24 and flow.tcp.retransmitted.toclient > 3",
            CountMax = 1000,
        });
        Time("20 top talkers", () => store.Aggregate(
            new AggregateQuery
            {
                Kind = "flow",
                By = ["src.ip"],
                Measures = ["sum(flow.bytes.toclient)", "p99(flow.duration)"],
                RowsMax = 20,
            },
            default).Count);
        Time("groups by names", () => store.Aggregate(
            new AggregateQuery { Kind = "flow", By = ["app", "interface"], RowsMax = 99 }, default).Count);
        Time(store, "the last 1000 of an application at an interface", new RecordQuery
        {
            Where = "app == http and interface == veth0 and flow.tcp.rtt > 19ms",
            CountMax = 1000,
            IsLast = true,
        });
        if (store is not DuckDbStore) return;
        Ask(store, "SELECT app, \"interface\", sum(bytes_toclient) FROM flow GROUP BY ALL");
        Ask(store, "SELECT count(*) FROM flow WHERE app = 'http' AND node = 'node-1'");
        Ask(store, "SELECT count(*) FROM flow WHERE dst_port = 443 AND packets_toserver > 1000");
        Ask(store, "SELECT count(*), max(seen) FROM connections_in("
            + "'2026-03-01 12:00:00'::TIMESTAMP_NS, '2026-03-01 12:00:20'::TIMESTAMP_NS)");
    }

    private static void Ask(IRecordStore store, string sql) =>
        Time(sql, () => store.Sql(new SqlQuery(sql, 1000, TimeSpan.FromMinutes(5)), default).Rows.Count);

    private static void Time(IRecordStore store, string what, RecordQuery query) => Time(what, () =>
    {
        var counter = new Counter();
        store.Read(query, counter, default);
        return counter.Count;
    });

    /// <summary>The second time, when what is read is in memory and compiled.</summary>
    private static void Time(string what, Func<int> ask)
    {
        ask();
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        var found = ask();
        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        var spent = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds;
        Print("found", $"{what}: {found} in {took:F0} ms, {spent:F0} of CPU");
    }

    /// <summary>Batches of the same traffic a little later each.</summary>
    private List<(byte[] Records, int Count)> Batches()
    {
        List<(byte[], int)> batches = [];
        for (var batch = 0; batch < 64; batch++)
        {
            _sink.Clear();
            for (var record = 0; record < BatchRecords; record++)
            {
                EmitFlow(Start + batch * 40 * Second + record * Second / 300 + _random.NextInt64(Second));
            }

            batches.Add((_sink.Bytes.ToArray(), _sink.Count));
        }

        return batches;
    }

    private void EmitFlow(long nanos)
    {
        var isTcp = _random.Next(10) < 7;
        var packets = (ulong)Math.Exp(_random.NextDouble() * 7);
        var duration = _random.NextInt64(20 * Second);
        _sink.Context = new RecordHeader
        {
            FlowId = (ulong)_random.NextInt64(),
            Client = Pod(_random.Next(2000)),
            Server = _random.Next(3) == 0 ? Address.FromV4((uint)_random.Next()) : Pod(0x10000 + _random.Next(200)),
            ClientPort = (ushort)(32768 + _random.Next(28000)),
            ServerPort = s_ports[_random.Next(s_ports.Length)],
            Protocol = isTcp ? IpProtocol.Tcp : IpProtocol.Udp,
            App = (ushort)_random.Next(8),
            Interface = Origins.Add("node-1", _random.Next(2) == 0 ? "eth0" : "veth0"),
        };
        var flow = new FlowRecord
        {
            FirstNanos = nanos,
            LastNanos = nanos + duration,
            PacketsToServer = packets,
            PacketsToClient = packets + packets / 4,
            BytesToServer = packets * (ulong)(60 + _random.Next(200)),
            BytesToClient = packets * (ulong)(60 + _random.Next(1400)),
            PayloadToServer = packets * (ulong)_random.Next(200),
            PayloadToClient = packets * (ulong)_random.Next(1400),
            End = (FlowEnd)(1 + _random.Next(3)),
            IsTcp = isTcp,
            State = (TcpState)_random.Next(11),
            FlagsToServer = 0x1b,
            FlagsToClient = 0x1b,
            RetransmittedToClient = _random.Next(20) == 0 ? (uint)_random.Next(9) : 0,
            RttNanos = _random.NextInt64(Second / 50),
            HasRtt = isTcp,
        };
        _sink.Emit(in flow, nanos);
    }

    // 10.0.0.0 onwards, as it lies on the wire.
    private static Address Pod(int number) =>
        Address.FromV4(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(0x0A00_0000u + (uint)number));

    private static void Print(string what, FormattableString text) =>
        Console.WriteLine($"{what,-10} {text.ToString(CultureInfo.InvariantCulture)}");

    private sealed class Counter : RecordConsumer
    {
        public int Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count) => Count += count;
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Start / 100);
    }
}
