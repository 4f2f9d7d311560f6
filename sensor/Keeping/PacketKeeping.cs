using System.Globalization;
using System.Net;
using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Pipeline;
using NetSniff.Storage.PacketRing;
using NetSniff.Wire.Control;
using NetSniff.Wire.Health;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Keeping;

/// <summary>The raw packets of a sensor: a ring for each capture, all under one plan.</summary>
public sealed class PacketKeeping : IMetricSource, IDisposable
{
    /// <summary>In the spool's folder.</summary>
    public const string FolderName = "packets";

    /// <summary>Connections to workers that are remembered, the latest ones.</summary>
    private const int OwnMax = 64;

    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private List<PacketKeeper> _keepers = [];
    private PacketPlan _plan = PacketPlan.Off;
    private int _captures = 1;
    private bool _isLive = true;
    private ulong[] _own = [];
    private CancellationTokenSource _change = new();

    /// <param name="spool">The spool's folder.</param>
    public PacketKeeping(string spool, TimeProvider clock) =>
        (_folder, _clock) = (Path.Combine(spool, FolderName), clock);

    /// <summary>What is in force, or will be within a tenth of a second.</summary>
    public PacketPlan Plan => Volatile.Read(ref _plan);

    /// <summary>Rings that are open now.</summary>
    public IReadOnlyList<PacketRing> Rings =>
        [.. Volatile.Read(ref _keepers).Select(static keeper => keeper.Ring).OfType<PacketRing>()];

    /// <summary>Why packets are not kept though they should be; null while all is well.</summary>
    public string? Problem => Volatile.Read(ref _keepers).Select(static keeper => keeper.Problem)
        .FirstOrDefault(static text => text is not null);

    /// <summary>Set when another plan is put in force: what is being read may not be given out any more.</summary>
    public CancellationToken Changing
    {
        get
        {
            lock (_lock) return _change.Token;
        }
    }

    /// <summary>Puts a plan in force. The same again changes nothing.</summary>
    public void Change(PacketPlan plan)
    {
        CancellationTokenSource ending;
        lock (_lock)
        {
            if (plan == _plan) return;

            Volatile.Write(ref _plan, plan);
            (ending, _change) = (_change, new CancellationTokenSource());
            foreach (var keeper in _keepers) keeper.Plan = plan;
        }

        ending.Cancel();
        ending.Dispose();
    }

    /// <summary>A connection of our own: what goes through it is not kept, for it may be packets, which would be kept
    /// again and sent again.</summary>
    public void LeaveOut(IPEndPoint local, IPEndPoint remote)
    {
        var packet = new Packet
        {
            Source = Address.FromBytes(Plain(local.Address).GetAddressBytes()),
            Target = Address.FromBytes(Plain(remote.Address).GetAddressBytes()),
            SourcePort = (ushort)local.Port,
            TargetPort = (ushort)remote.Port,
            Protocol = IpProtocol.Tcp,
        };
        var hash = FlowHash.Of(in packet);
        lock (_lock) _own = [.. _own.TakeLast(OwnMax - 1), hash];
        foreach (var keeper in Volatile.Read(ref _keepers)) keeper.Own = _own;
    }

    public KeptPackets State()
    {
        var counts = Counts();
        return new KeptPackets
        {
            Depth = (Plan.IsOn ? Plan.Depth : KeptDepth.Nothing).ToString().ToLowerInvariant(),
            Packets = counts.Packets,
            BytesOnDisk = counts.BytesOnDisk,
            OldestNanos = counts.OldestNanos,
            PacketsOverwritten = counts.PacketsOverwritten + counts.PacketsAged,
            PacketsDropped = counts.PacketsRefused + Sum(static one => one.Failed),
            PacketsWithoutPayload = Sum(static one => one.WithoutPayload),
        };
    }

    public IEnumerable<LedgerLine> Ledger()
    {
        if (!Plan.IsOn && Sum(static one => one.Offered) == 0) yield break;

        var counts = Counts();
        const string Stage = PacketStage.Name;
        yield return new(Stage, "packets offered", Sum(static one => one.Offered), false);
        yield return new(Stage, "packets kept", counts.Packets, false);
        yield return new(Stage, "of these without payload", Sum(static one => one.WithoutPayload), false);
        yield return new(Stage, "of these cut, longer than what is kept of a packet", counts.PacketsCut, true);
        yield return new(Stage, "left out, our own delivery", Sum(static one => one.Own), false);
        yield return new(Stage, "left out, of no target", Sum(static one => one.Untargeted), false);
        yield return new(Stage, "left out, no headers known", Sum(static one => one.LeftOut), false);
        yield return new(Stage, "overwritten by newer ones", counts.PacketsOverwritten, false);
        yield return new(Stage, "given up for their age", counts.PacketsAged, false);
        yield return new(
            Stage, "dropped, no room on disk", counts.PacketsRefused + Sum(static one => one.Failed), true);
    }

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var counts = Counts();
        sink.Add(Metrics.KeptPackets, counts.Packets, "kept");
        sink.Add(Metrics.KeptPackets, Sum(static one => one.WithoutPayload), "without_payload");
        sink.Add(Metrics.KeptPackets, Sum(static one => one.LeftOut + one.Own + one.Untargeted), "left_out");
        sink.Add(Metrics.KeptPackets, counts.PacketsOverwritten, "overwritten");
        sink.Add(Metrics.KeptPackets, counts.PacketsAged, "aged");
        sink.Add(Metrics.KeptPackets, counts.PacketsRefused + Sum(static one => one.Failed), "dropped");
        sink.Add(Metrics.KeptWritten, counts.Bytes);
        sink.Add(Metrics.KeptBytes, counts.BytesOnDisk);
        var now = (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        sink.Add(Metrics.KeptSpan, counts.OldestNanos == 0 ? 0 : Math.Max(0, now - counts.OldestNanos / 1e9));
    }

    /// <summary>Keepers must be gone.</summary>
    public void Dispose() => _change.Dispose();

    /// <summary>For so many captures there will be keepers; what more captures of an earlier run kept is given up.
    /// </summary>
    /// <param name="isLive">Whether packets bear the time of now, and grow old by the clock.</param>
    internal void Prepare(int captures, bool isLive)
    {
        (_captures, _isLive) = (Math.Max(1, captures), isLive);
        if (!Directory.Exists(_folder)) return;

        foreach (var path in Directory.GetDirectories(_folder))
        {
            var isOurs = int.TryParse(
                Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            if (isOurs && number >= _captures) Directory.Delete(path, recursive: true);
        }
    }

    internal PacketKeeper NewKeeper(int number, Func<IReadOnlyList<CaptureInterface>> interfaces)
    {
        lock (_lock)
        {
            var path = Path.Combine(_folder, number.ToString(CultureInfo.InvariantCulture));
            var keeper = new PacketKeeper(new KeptFolder(path, _captures), interfaces, _clock)
            {
                Plan = _plan, Own = _own, IsLive = _isLive,
            };
            Volatile.Write(ref _keepers, [.. _keepers, keeper]);
            return keeper;
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private RingCounts Counts()
    {
        var all = Volatile.Read(ref _keepers).Select(static keeper => keeper.Counts).ToList();
        return new RingCounts(
            all.Sum(static one => one.Packets), all.Sum(static one => one.Bytes), all.Sum(static one => one.PacketsCut),
            all.Sum(static one => one.PacketsRefused), all.Sum(static one => one.PacketsOverwritten),
            all.Sum(static one => one.PacketsAged), all.Sum(static one => one.BytesOnDisk),
            all.Select(static one => one.OldestNanos).Where(static nanos => nanos > 0).DefaultIfEmpty(0).Min());
    }

    private long Sum(Func<KeeperCounters, long> count) =>
        Volatile.Read(ref _keepers).Sum(keeper => count(keeper.Counters));
}
