using System.Buffers.Binary;
using NetSniff.Sensor.Export;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Simulation.Delivery;

/// <summary>A sensor: the real spool, dispatcher and links, without a network. Its folder survives it.</summary>
internal sealed class SimSensor : IDisposable
{
    private readonly SimWorld _world;
    private readonly string _folder;
    private readonly QueueOptions _options;
    private Spool? _spool;
    private Distribution _distribution = new();
    private Dispatcher? _dispatcher;
    private List<SimSender> _senders = [];

    public SimSensor(SimWorld world, string folder, QueueOptions options)
    {
        _world = world;
        _folder = folder;
        _options = options;
        Start();
    }

    public string Id { get; private set; } = "";

    public bool IsRunning => _spool is not null;

    /// <summary>The members as this sensor has heard of them.</summary>
    public SimMembership Membership { get; } = new();

    public RetractionList Retractions { get; private set; } = null!;

    public SpoolCounts Counts => _spool!.Counts();

    /// <summary>Records that found no room, over all runs.</summary>
    public long Refused { get; private set; }

    public RingTable Table => _distribution.Table;

    /// <summary>Up to there nothing of the lane waits: it arrived, was handed on, or was given up and counted.
    /// </summary>
    public ulong GoneOf(string lane) => _spool!.Lanes.FirstOrDefault(one => one.Name == lane) is { } found
        ? Math.Max(found.Queue.Acknowledged, found.Queue.DroppedThrough)
        : ulong.MaxValue;

    public bool IsEmpty => _spool!.Lanes.All(static lane => lane.Queue.Counts().Entries == 0);

    public void Start()
    {
        _spool = Spool.Open(_folder, _options);
        Id = _spool.Id;
        _distribution = new Distribution();
        Retractions = new RetractionList(_folder);
        _senders = [];
        _dispatcher = new Dispatcher(_spool, Retractions, _distribution, Membership, _world.Clock, StartSender);
    }

    /// <summary>As after a kill: what is on disk is all there is.</summary>
    public void Crash()
    {
        foreach (var sender in _senders) sender.Crash();
        _dispatcher!.Dispose();
        _spool!.Dispose();
        _spool = null;
    }

    public void Produce(ulong id, int bytes)
    {
        var packed = new byte[bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(packed, id);
        var entry = new byte[bytes + SpooledBatch.PrefixBytesMax];
        var length = SpooledBatch.Write(entry, packed, bytes, "");
        var worker = Table.OwnerOf((ulong)_world.Random.NextInt64()).Name;
        var priority = id % 3 == 0 ? SpoolPriority.Transactions : SpoolPriority.Flows;
        var status = _spool!.Append(worker, priority, entry.AsSpan(0, length), 1, 1, 1, out _);
        if (status == AppendStatus.Full) Refused++;
        Assert.True(status == AppendStatus.Stored || _options.BytesMax < QueueOptions.SegmentBytesMin * 16);
    }

    public void Look()
    {
        var looking = _dispatcher!.LookAsync(CancellationToken.None);
        Assert.True(looking.IsCompletedSuccessfully, looking.Exception?.ToString() ?? "it waits");
        _senders.RemoveAll(static sender => sender.IsOver);
    }

    public void StepSender()
    {
        if (_senders.Count > 0) _senders[_world.Random.Next(_senders.Count)].Step();
    }

    public void Dispose() => _spool?.Dispose();

    private SimSender StartSender(RingMember member)
    {
        var outbox = new SpoolOutbox(_spool!, Retractions, member.Name, _distribution.WakeupOf(member.Name));
        var sender = new SimSender(_world, this, member, outbox);
        _senders.Add(sender);
        return sender;
    }
}

/// <summary>Members as one sensor knows them.</summary>
internal sealed class SimMembership : IMembership
{
    public IReadOnlyList<RingMember> Members { get; set; } = [];

    public string? Problem => null;
}
