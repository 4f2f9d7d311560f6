using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Simulation.Delivery;

/// <summary>Many sensors and workers that come, go, crash, lose each other and fall behind, under seeded chance:
/// nothing is lost, nothing is kept twice, and shares stay fair.</summary>
public class DeliverySimulationTests
{
    /// <summary>Seed, sensors, workers at first, steps.</summary>
    public static TheoryData<int, int, int, int> Runs => new()
    {
        { 1, 120, 3, 60_000 },
        { 2, 100, 7, 60_000 },
        { 3, 12, 50, 60_000 },
        { 4, 5, 1, 30_000 },
        { 5, 30, 4, 60_000 },
        { 6, 3, 3, 60_000 },
        { 7, 3, 5, 60_000 },
        { 8, 1, 2, 60_000 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Nothing_is_lost_or_kept_twice(int seed, int sensors, int workers, int steps)
    {
        using var world = new SimWorld(seed, sensors, workers);
        var run = new SimRun(world, workers);
        for (var step = 0; step < steps; step++) run.Step();
        run.Settle();
        var stored = world.StoredAtMembers();
        Assert.Equal((int)world.Produced, stored.Count);
        Assert.All(stored, one => Assert.Equal(1, one.Value));
        Assert.True(world.Produced > (ulong)steps / 10);
        Assert.All(run.Happened, what => Assert.True(what.Value > 0, $"{what.Key} never happened"));
    }

    /// <summary>A spool that is too small for what happens: what is missing is what was counted.</summary>
    [Fact]
    public void What_is_missing_was_counted()
    {
        var small = new QueueOptions
        {
            SegmentBytes = QueueOptions.SegmentBytesMin, BytesMax = 6 * QueueOptions.SegmentBytesMin,
        };
        using var world = new SimWorld(9, sensors: 4, workers: 2, small) { BatchBytes = 8000 };
        var run = new SimRun(world, workers: 2) { IsAwayMore = true };
        for (var step = 0; step < 40_000; step++) run.Step();
        run.Settle();
        var stored = world.StoredAtMembers();
        var dropped = world.Sensors.Sum(sensor => sensor.Counts.RecordsDropped + sensor.Refused);
        Assert.All(stored, one => Assert.Equal(1, one.Value));
        Assert.True(dropped > 0);
        Assert.True(stored.Count < (int)world.Produced);
        // Of what was given up some may have arrived before its acknowledgement did.
        Assert.True((long)world.Produced - stored.Count <= dropped);
    }
}

/// <summary>What may happen next, by chance.</summary>
internal sealed class SimRun
{
    private readonly SimWorld _world;
    private readonly int _workersMin;
    private readonly Dictionary<string, RingTable> _tables = [];

    public SimRun(SimWorld world, int workers)
    {
        _world = world;
        _workersMin = Math.Max(1, workers / 2);
        foreach (var sensor in world.Sensors) Tell(sensor);
    }

    /// <summary>Members are unreachable for longer.</summary>
    public bool IsAwayMore { get; init; }

    public Dictionary<string, int> Happened { get; } = new()
    {
        ["worker crash"] = 0, ["sensor crash"] = 0, ["partition"] = 0, ["join"] = 0, ["leave"] = 0, ["vanish"] = 0,
        ["slow"] = 0, ["full"] = 0, ["return"] = 0,
    };

    public void Step()
    {
        _world.Clock.Advance(TimeSpan.FromMilliseconds(10));
        var sensor = _world.Sensors[_world.Random.Next(_world.Sensors.Count)];
        if (!sensor.IsRunning) sensor.Start();
        var chance = _world.Random.Next(1000);
        if (chance < 150) sensor.Produce(++_world.Produced, _world.BatchBytes);
        else if (chance < 300) Look(sensor);
        else if (chance < 600) Repeat(10, sensor.StepSender);
        else if (chance < 850) Repeat(10, _world.StepWire);
        else if (chance < 985) StoreSome();
        else Disturb(sensor);
    }

    /// <summary>All is well again for long enough; what the disks hold must be enough.</summary>
    public void Settle()
    {
        _world.HealAll();
        foreach (var worker in _world.Workers)
        {
            (worker.IsFull, worker.IsSlow) = (false, false);
            if (worker.Inbox is null) worker.Start();
            // Whoever was ever there is back, so that nothing is in doubt any more.
            if (!_world.Members.Exists(member => member.Name == worker.Name)) Join(worker);
        }

        for (var round = 0; !IsSettled(); round++)
        {
            Assert.True(round < 20_000, "it does not settle");
            foreach (var sensor in _world.Sensors)
            {
                if (!sensor.IsRunning) sensor.Start();
                Tell(sensor);
                if (round % 20 == 0) Look(sensor);
                Repeat(20, sensor.StepSender);
            }

            Repeat(50 * _world.Sensors.Count, _world.StepWire);
            foreach (var worker in _world.Workers) worker.Store(int.MaxValue);
        }
    }

    private bool IsSettled() => _world.Sensors.TrueForAll(sensor => sensor.IsRunning && sensor.IsEmpty
            && _world.Workers.TrueForAll(worker => sensor.Retractions.Of(worker.Name).Count == 0))
        && _world.Workers.TrueForAll(static worker => worker.IsDrained);

    private static void Repeat(int times, Action action)
    {
        for (; times > 0; times--) action();
    }

    private void Look(SimSensor sensor)
    {
        sensor.Look();
        Check(sensor);
    }

    private void StoreSome()
    {
        foreach (var worker in _world.Workers)
        {
            if (worker.Inbox is not null && (!worker.IsSlow || _world.Random.Next(20) == 0)) worker.Store(8);
        }
    }

    private void Disturb(SimSensor sensor)
    {
        var worker = _world.Workers[_world.Random.Next(_world.Workers.Count)];
        var isMember = _world.Members.Exists(member => member.Name == worker.Name);
        switch (_world.Random.Next(12))
        {
            case 0 when worker.Inbox is not null:
                Note("worker crash");
                worker.Crash();
                if (_world.Random.Next(2) == 0) worker.Start();
                break;
            case 1 when worker.Inbox is null:
                worker.Start();
                break;
            case 2:
                Note("sensor crash");
                sensor.Crash();
                break;
            case 3 or 4:
                Note("partition");
                _world.SetPartition(sensor, worker.Name, _world.Random.Next(IsAwayMore ? 5 : 2) != 0);
                break;
            case 5 when _world.Workers.Count < 2 * _workersMin + 8:
                Note("join");
                _world.AddWorker();
                break;
            case 6 when isMember && worker.Inbox is not null && _world.Members.Count > _workersMin:
                Note("leave");
                worker.Leave();
                if (_world.Random.Next(2) == 0) Leave(worker);
                else worker.Start();
                break;
            case 7 when isMember && _world.Members.Count > _workersMin:
                Note("vanish");
                Leave(worker);
                break;
            case 8 when !isMember:
                Note("return");
                if (worker.Inbox is null) worker.Start();
                Join(worker);
                break;
            case 9:
                Note("slow");
                worker.IsSlow = _world.Random.Next(2) == 0;
                break;
            case 10:
                Note("full");
                worker.IsFull = _world.Random.Next(3) == 0;
                break;
            default:
                Tell(sensor);
                break;
        }

        if (_world.Random.Next(3) == 0) Tell(sensor);
    }

    private void Note(string what) => Happened[what]++;

    private void Leave(SimWorker worker) => _world.Members.RemoveAll(member => member.Name == worker.Name);

    private void Join(SimWorker worker) => _world.Members.Add(new RingMember(worker.Name, worker.Name + ":1"));

    private void Tell(SimSensor sensor) => sensor.Membership.Members = [.. _world.Members];

    /// <summary>Nobody carries more than the bound, and one that comes or goes moves little more than its share.
    /// </summary>
    private void Check(SimSensor sensor)
    {
        var table = sensor.Table;
        var before = _tables.GetValueOrDefault(sensor.Id);
        if (ReferenceEquals(table, before)) return;

        _tables[sensor.Id] = table;
        var buckets = Enumerable.Range(0, RingTable.Buckets).Select(table.OwnerOfBucket).ToList();
        double total = table.Members.Sum(static member => member.Weight);
        foreach (var group in buckets.GroupBy(static member => member))
        {
            var share = total == 0 ? 1.0 / table.Members.Count : group.Key.Weight / total;
            Assert.True(group.Count() <= Math.Ceiling(RingTable.LoadMax * RingTable.Buckets * share));
        }

        if (before is null || Difference(before, table) != 1) return;

        var moved = Enumerable.Range(0, RingTable.Buckets)
            .Count(bucket => before.OwnerOfBucket(bucket).Name != buckets[bucket].Name) / (double)RingTable.Buckets;
        var most = Math.Max(before.Members.Count, table.Members.Count);
        Assert.True(moved <= RingTable.LoadMax / most + 0.05, $"{moved:P1} moved among {most}");
    }

    /// <summary>How many came and went; none where weights changed too.</summary>
    private static int Difference(RingTable before, RingTable after)
    {
        var both = before.Members.Concat(after.Members);
        if (both.Any(static member => member.Weight != RingMember.WholeWeight)) return 0;

        var (old, now) = (before.Members.Select(static member => member.Name).ToHashSet(),
            after.Members.Select(static member => member.Name).ToHashSet());
        return old.Except(now).Count() + now.Except(old).Count();
    }
}
