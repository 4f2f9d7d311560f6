using System.Buffers.Binary;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;
using NetSniff.Worker.Ingest;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Simulation.Delivery;

/// <summary>A worker: its log and store are its disk and survive it, its inbox and connections do not.</summary>
internal sealed class SimWorker(SimWorld world, string name) : IIngestLog
{
    private readonly List<SimEntry> _log = [];
    private readonly Dictionary<LaneId, ulong> _stored = [];
    private readonly Dictionary<(LaneId Lane, ulong Sequence), ulong> _rows = [];
    private readonly List<SimWire> _wires = [];

    /// <summary>Entries that the store has, and those that the log knows it has: a crash comes between.</summary>
    private int _committed;
    private int _acknowledged;

    public string Name => name;

    /// <summary>Null while it is down.</summary>
    public Inbox? Inbox { get; private set; }

    public bool IsFull { get; set; }

    public bool IsSlow { get; set; }

    /// <summary>As large as 1 % of what it may hold before it takes nothing.</summary>
    public long BytesWaiting => (_log.Count - _committed) * 10L;

    public bool IsDrained => _acknowledged == _log.Count;

    public IReadOnlyDictionary<(LaneId Lane, ulong Sequence), ulong> Rows => _rows;

    public void Start()
    {
        var positions = new Dictionary<LaneId, ulong>(_stored);
        foreach (var entry in _log.Skip(_acknowledged))
        {
            if (entry.Retracted is null)
            {
                positions[entry.Lane] = Math.Max(entry.Sequence, positions.GetValueOrDefault(entry.Lane));
            }
        }

        var options = new IngestOptions { Worker = name, Version = "sim", BacklogBytesMax = 1000, WindowMax = 16 };
        Inbox = new Inbox(options, this, positions);
        _committed = _acknowledged;
    }

    /// <summary>Nothing of what it had in memory is left, and nobody is told.</summary>
    public void Crash()
    {
        Inbox?.Dispose();
        Inbox = null;
        foreach (var wire in _wires) wire.Cut();
        _wires.Clear();
    }

    /// <summary>Ends in order: says so on every connection, stores what the log has.</summary>
    public void Leave()
    {
        Inbox!.Leave();
        foreach (var wire in _wires)
        {
            if (wire.Session is null)
            {
                wire.Cut();
                continue;
            }

            wire.Down.Enqueue(new FromWorker { Leaving = new Leaving { Reason = "sim" } });
            wire.EndInOrder();
        }

        _wires.Clear();
        while (!IsDrained) Store(int.MaxValue);
        Inbox.Dispose();
        Inbox = null;
    }

    public bool TryAppend(LaneId lane, Batch batch)
    {
        if (IsFull) return false;

        var id = BinaryPrimitives.ReadUInt64LittleEndian(batch.Payload.Span);
        _log.Add(new SimEntry(lane, batch.Sequence, id, null));
        world.Kept(name, lane, batch.Sequence, id);
        return true;
    }

    public bool TryAppend(LaneId lane, IReadOnlyList<ulong> retracted)
    {
        if (IsFull) return false;

        _log.Add(new SimEntry(lane, 0, 0, [.. retracted]));
        foreach (var sequence in retracted) world.TakenBack(name, lane, sequence);
        return true;
    }

    public void Accept(SimWire wire) => _wires.Add(wire);

    /// <summary>Takes in the next of what was sent on a connection.</summary>
    public void Take(SimWire wire)
    {
        if (!_wires.Contains(wire) || !wire.Up.TryPeek(out var message)) return;

        if (message.WhatCase == FromSensor.WhatOneofCase.Hello) Greet(wire, message.Hello);
        else if (!TryTake(wire, message.Batch)) return;

        if (wire.Up.Count > 0) wire.Up.Dequeue();
    }

    /// <summary>Reads a piece of the log into the store and commits; the log is told of it sooner or later.</summary>
    public void Store(int entriesMax)
    {
        for (var end = (int)Math.Min(_log.Count, (long)_committed + entriesMax); _committed < end; _committed++)
        {
            var (lane, sequence, id, retracted) = _log[_committed];
            foreach (var gone in retracted ?? []) _rows.Remove((lane, gone));
            if (retracted is not null || sequence <= _stored.GetValueOrDefault(lane)) continue;

            _stored[lane] = sequence;
            _rows.Add((lane, sequence), id);
        }

        if (world.Random.Next(2) == 0 || entriesMax == int.MaxValue) _acknowledged = _committed;
    }

    private void Greet(SimWire wire, Hello hello)
    {
        if (Inbox!.Open(hello) is not { } session)
        {
            Close(wire);
            return;
        }

        wire.Session = session;
        var welcome = new Welcome
        {
            Worker = name, Credit = session.Weight > 0 ? (uint)session.Window : 1, BatchVersion = BatchFormat.Version,
        };
        welcome.Lanes.AddRange(session.Positions);
        wire.Down.Enqueue(new FromWorker { Welcome = welcome });
    }

    private bool TryTake(SimWire wire, Batch batch)
    {
        var answer = wire.Session!.Take(batch);
        Assert.NotEqual(InboxAnswer.Refused, answer);
        if (answer == InboxAnswer.Full) return false;

        if (answer == InboxAnswer.Superseded)
        {
            Close(wire);
            return true;
        }

        wire.Down.Enqueue(new FromWorker { Ack = new Ack { Lane = batch.Lane, Sequence = batch.Sequence } });
        var weight = (uint)Math.Max(1, wire.Session.Weight);
        wire.Down.Enqueue(new FromWorker { Credit = new Credit { Batches = 1, Weight = weight } });
        return true;
    }

    private void Close(SimWire wire)
    {
        wire.Cut();
        _wires.Remove(wire);
    }

    private sealed record SimEntry(LaneId Lane, ulong Sequence, ulong Id, List<ulong>? Retracted);
}
