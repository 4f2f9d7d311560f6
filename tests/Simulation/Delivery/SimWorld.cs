using System.Buffers.Binary;
using System.Globalization;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Simulation.Delivery;

/// <summary>Sensors, workers and what lies between, moved by one seeded random; and who keeps the books of it.
/// </summary>
internal sealed class SimWorld : IDisposable
{
    /// <summary>In memory where there is such a place: a disk takes its time over what is synced.</summary>
    private readonly TemporaryFolder _folder = new(InMemory);
    private const string InMemory = "/dev/shm";
    private readonly Dictionary<ulong, HashSet<(string Worker, LaneId Lane, ulong Sequence)>> _copies = [];
    private readonly Dictionary<(string Worker, LaneId Lane, ulong Sequence), ulong> _ids = [];
    private readonly Dictionary<(LaneId Lane, ulong Sequence), ulong> _sent = [];
    private readonly Dictionary<ulong, List<string>> _stories = [];
    private readonly HashSet<(SimSensor Sensor, string Worker)> _partitions = [];
    private readonly List<(string Worker, SimWire Wire)> _wires = [];
    private readonly Dictionary<string, SimSensor> _byId = [];

    public SimWorld(int seed, int sensors, int workers, QueueOptions? spool = null)
    {
        Random = new Random(seed);
        for (var number = 0; number < workers; number++) AddWorker();
        for (var number = 0; number < sensors; number++)
        {
            var folder = _folder[number.ToString(CultureInfo.InvariantCulture)];
            var sensor = new SimSensor(
                this, folder, spool ?? new() { SegmentBytes = QueueOptions.SegmentBytesMin, BytesMax = 64 << 20 });
            Sensors.Add(sensor);
            _byId[sensor.Id] = sensor;
        }
    }

    public Random Random { get; }

    public FakeClock Clock { get; } = new();

    public List<SimSensor> Sensors { get; } = [];

    public List<SimWorker> Workers { get; } = [];

    /// <summary>Workers by name that are members now; sensors hear of it later.</summary>
    public List<RingMember> Members { get; } = [];

    public ulong Produced { get; set; }

    public int BatchBytes { get; init; } = 16;

    public SimWorker AddWorker()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"w-{Workers.Count}");
        var worker = new SimWorker(this, name);
        Workers.Add(worker);
        Members.Add(new RingMember(name, name + ":1"));
        worker.Start();
        return worker;
    }

    public void SetPartition(SimSensor sensor, string worker, bool isCut)
    {
        if (isCut) _partitions.Add((sensor, worker));
        else _partitions.Remove((sensor, worker));
    }

    public void HealAll() => _partitions.Clear();

    public bool IsReachable(SimSensor sensor, string worker) => !_partitions.Contains((sensor, worker));

    public SimWire? Connect(SimSensor sensor, string worker)
    {
        var found = Workers.Find(one => one.Name == worker);
        if (found?.Inbox is null) return null;

        var wire = new SimWire();
        found.Accept(wire);
        _wires.Add((worker, wire));
        return wire;
    }

    /// <summary>A worker hears something on one of its connections, perhaps one that the sensor has given up.</summary>
    public void StepWire()
    {
        if (_wires.Count == 0) return;

        var index = Random.Next(_wires.Count);
        var (name, wire) = _wires[index];
        var worker = Workers.Find(one => one.Name == name)!;
        for (var messages = Random.Next(1, 5); messages > 0; messages--)
        {
            if (worker.Inbox is not null) worker.Take(wire);
        }

        if (!wire.IsCut && !wire.IsEnded) return;

        _wires[index] = _wires[^1];
        _wires.RemoveAt(_wires.Count - 1);
    }

    /// <summary>A batch is durable at a worker: at most one of all copies is not to be taken back.</summary>
    public void Kept(string worker, LaneId lane, ulong sequence, ulong id)
    {
        if (!_copies.TryGetValue(id, out var copies)) _copies[id] = copies = [];
        Assert.True(copies.Add((worker, lane, sequence)), $"{lane} {sequence} twice at {worker}");
        _ids[(worker, lane, sequence)] = id;
        Tell(id, $"kept by {worker} as {lane.Lane} {sequence}");
        Assert.True(copies.Count(copy => !IsToBeTakenBack(copy)) <= 1, $"batch {id} is kept twice; {Story(id)}");
    }

    public void TakenBack(string worker, LaneId lane, ulong sequence)
    {
        if (!_ids.TryGetValue((worker, lane, sequence), out var id)) return;

        _copies[id].Remove((worker, lane, sequence));
        Tell(id, $"taken back by {worker} as {lane.Lane} {sequence}");
    }

    public void Sent(SimSensor sensor, Batch batch)
    {
        var id = BinaryPrimitives.ReadUInt64LittleEndian(batch.Payload.Span);
        var key = (new LaneId(sensor.Id, batch.Lane), batch.Sequence);
        if (_sent.TryGetValue(key, out var known)) Assert.Equal(known, id);
        _sent[key] = id;
        Tell(id, $"sent as {batch.Lane} {batch.Sequence}");
    }

    /// <summary>A sensor lets go of batches: they must be durable where they went, for good.</summary>
    public void Acknowledged(SimSensor sensor, string worker, string lane, ulong sequence)
    {
        var name = new LaneId(sensor.Id, lane);
        var from = sensor.GoneOf(lane);
        for (var one = from; one++ < sequence;)
        {
            if (!_sent.TryGetValue((name, one), out var id)) continue;

            var copy = (worker, name, one);
            var isKept = _copies.TryGetValue(id, out var copies) && copies.Contains(copy);
            Assert.True(isKept && !IsToBeTakenBack(copy), $"batch {id} is let go and lost; {Story(id)}");
        }
    }

    /// <summary>Everything that was produced, and how often it is stored at members.</summary>
    public Dictionary<ulong, int> StoredAtMembers()
    {
        var stored = new Dictionary<ulong, int>();
        foreach (var worker in Workers.Where(worker => Members.Exists(member => member.Name == worker.Name)))
        {
            foreach (var id in worker.Rows.Values) stored[id] = stored.GetValueOrDefault(id) + 1;
        }

        return stored;
    }

    public void Dispose()
    {
        foreach (var sensor in Sensors) sensor.Dispose();
        _folder.Dispose();
    }

    private void Tell(ulong id, string what)
    {
        if (!_stories.TryGetValue(id, out var story)) _stories[id] = story = [];
        story.Add(what);
    }

    private string Story(ulong id) => string.Join("; ", _stories.GetValueOrDefault(id) ?? []);

    private static bool IsElsewhere(SimSensor sensor, string worker, LaneId lane, ulong sequence) =>
        sensor.Retractions.Of(worker).Any(one => one.Lane == lane.Lane && one.Sequences.Contains(sequence));

    private bool IsToBeTakenBack((string Worker, LaneId Lane, ulong Sequence) copy)
    {
        var sensor = _byId[copy.Lane.Sensor];
        return IsElsewhere(sensor, copy.Worker, copy.Lane, copy.Sequence);
    }
}
