using NetSniff.Sensor.Export;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Simulation.Delivery;

/// <summary>What <see cref="Sender"/> does over the network, a step at a time.</summary>
internal sealed class SimSender(SimWorld world, SimSensor sensor, RingMember member, SpoolOutbox outbox) : ISender
{
    private readonly WorkerLink _link = new(new WatchedOutbox(world, sensor, member.Name, outbox));
    private SimWire? _wire;

    public RingMember Member => member;

    public bool IsUp => _link.State == LinkState.Up;

    public bool IsOver { get; private set; }

    public bool HasLeft => _link.HasLeft;

    public int Weight => _link.Weight;

    public string? Problem => null;

    /// <summary>What may still be heard on the worker's side, also after the sensor has gone.</summary>
    public SimWire? Wire => _wire;

    public Task EndAsync()
    {
        Disconnect(isInOrder: false);
        IsOver = true;
        return Task.CompletedTask;
    }

    public Task CloseAsync() => EndAsync();

    public void Dispose() => outbox.Dispose();

    /// <summary>Connects, or says something, or hears something.</summary>
    public void Step()
    {
        if (IsOver) return;

        var isReachable = world.IsReachable(sensor, member.Name);
        if (_wire is null)
        {
            if (isReachable && world.Connect(sensor, member.Name) is { } wire)
            {
                _wire = wire;
                wire.Up.Enqueue(new FromSensor { Hello = _link.Connect(sensor.Id, "n", "sim") });
            }

            return;
        }

        if (_wire.IsCut || (!isReachable && world.Random.Next(4) == 0)) Disconnect(isInOrder: false);
        else if (isReachable && world.Random.Next(2) == 0) Hear();
        else Say();
    }

    /// <summary>The process is gone: nobody on this side hears the rest.</summary>
    public void Crash()
    {
        _wire = null;
        IsOver = true;
        outbox.Dispose();
    }

    private void Say()
    {
        var batch = new Batch();
        if (!_link.TryNext(batch)) return;

        _wire!.Up.Enqueue(new FromSensor { Batch = batch.Clone() });
    }

    private void Hear()
    {
        if (_wire!.Down.TryDequeue(out var message)) Assert.True(_link.Take(message));
        else if (_wire.IsEnded)
        {
            Disconnect(isInOrder: true);
            IsOver = HasLeft;
        }
    }

    private void Disconnect(bool isInOrder)
    {
        if (_wire is null) return;

        _wire = null;
        _link.Disconnect(isInOrder);
    }

    /// <summary>Whatever is acknowledged must be where it was sent.</summary>
    private sealed class WatchedOutbox(SimWorld world, SimSensor sensor, string worker, IOutbox inner) : IOutbox
    {
        public Wakeup Waiting => inner.Waiting;

        public bool IsEmpty => inner.IsEmpty;

        public IReadOnlyList<Retraction> Retractions => inner.Retractions;

        public void ForgetRetractions() => inner.ForgetRetractions();

        public bool TryTake(Batch batch)
        {
            if (!inner.TryTake(batch)) return false;

            // The buffer is lent until the next batch; what is on a wire stays.
            batch.Payload = Google.Protobuf.ByteString.CopyFrom(batch.Payload.Span);
            world.Sent(sensor, batch);
            return true;
        }

        public void Acknowledge(string lane, ulong sequence)
        {
            world.Acknowledged(sensor, worker, lane, sequence);
            inner.Acknowledge(lane, sequence);
        }

        public void Rewind() => inner.Rewind();

        public void Settle() => inner.Settle();
    }
}
