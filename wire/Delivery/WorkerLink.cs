using System.Diagnostics;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Delivery;

public enum LinkState : byte
{
    /// <summary>No connection.</summary>
    Down,

    /// <summary>Hello is said, Welcome is awaited.</summary>
    Greeting,

    Up,

    /// <summary>The worker takes no more batches, and has acknowledged what it holds: its last word.</summary>
    Leaving,
}

/// <summary>A sensor's end of the conversation with one worker: what to say next, and what an answer means.</summary>
/// <remarks>A pure step machine: no socket, no clock, no thread. Whoever carries its messages calls it from one thread
/// at a time.</remarks>
public sealed class WorkerLink(IOutbox outbox)
{
    /// <summary>Batches on their way, whatever a worker allows.</summary>
    public const int CreditMax = 1024;

    private const string OutOfOrder = "the worker's answers are out of order";

    private int _credit;

    public LinkState State { get; private set; }

    /// <summary>Batches that may still be sent.</summary>
    public int Credit => _credit;

    /// <summary>What the worker last said of its load; 100 takes a whole share.</summary>
    public int Weight { get; private set; } = Ring.RingMember.WholeWeight;

    /// <summary>The worker ended the conversation in order: it holds what it acknowledged and nothing else.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Name that the worker gave itself; empty before the first Welcome.</summary>
    public string Worker { get; private set; } = "";

    /// <summary>Why <see cref="Take"/> said false.</summary>
    public string Refusal { get; private set; } = OutOfOrder;

    public long BatchesSent { get; private set; }

    public long BatchesAcknowledged { get; private set; }

    /// <summary>A connection is there.</summary>
    /// <returns>What is said first.</returns>
    public Hello Connect(string sensor, string node, string version)
    {
        Debug.Assert(State == LinkState.Down);
        State = LinkState.Greeting;
        HasLeft = false;
        _credit = 0;
        var hello = new Hello { Sensor = sensor, Node = node, Version = version };
        hello.Retractions.AddRange(outbox.Retractions);
        return hello;
    }

    /// <summary>Takes in what the worker said.</summary>
    /// <returns>False when it breaks the order of things, or cannot read our batches: end the connection.</returns>
    public bool Take(FromWorker message) => message.WhatCase switch
    {
        FromWorker.WhatOneofCase.Welcome => Welcomed(message.Welcome),
        FromWorker.WhatOneofCase.Ack => Acknowledged(message.Ack),
        FromWorker.WhatOneofCase.Credit => Credited(message.Credit),
        FromWorker.WhatOneofCase.Leaving => Left(),
        _ => true, // a word of a later version
    };

    /// <summary>Gives the next batch to send, if one waits and the worker allows it.</summary>
    public bool TryNext(Batch batch)
    {
        if (State != LinkState.Up || _credit == 0 || !outbox.TryTake(batch)) return false;

        _credit--;
        BatchesSent++;
        return true;
    }

    /// <summary>The connection is gone.</summary>
    /// <param name="isInOrder">The worker ended it, after all its acknowledgements.</param>
    public void Disconnect(bool isInOrder)
    {
        HasLeft = isInOrder && State == LinkState.Leaving;
        if (HasLeft) outbox.Settle();
        State = LinkState.Down;
        _credit = 0;
        outbox.Rewind();
    }

    private bool Welcomed(Welcome welcome)
    {
        if (State != LinkState.Greeting) return false;

        // What an earlier conversation's lost acknowledgements would have said.
        foreach (var lane in welcome.Lanes) outbox.Acknowledge(lane.Lane, lane.Sequence);
        outbox.Rewind();
        outbox.ForgetRetractions();
        if (Math.Max(welcome.BatchVersion, BatchFormat.VersionBeforeSaid) < BatchFormat.Version)
        {
            // To it our batches would be damage: they wait until it is a later one.
            Refusal = $"worker {welcome.Worker} ({welcome.Version}) reads no batches of version {BatchFormat.Version}: "
                + "update it; batches wait until then";
            return false;
        }

        Refusal = OutOfOrder;
        Worker = welcome.Worker;
        _credit = (int)Math.Min(welcome.Credit, CreditMax);
        State = LinkState.Up;
        return true;
    }

    private bool Acknowledged(Ack ack)
    {
        if (State is not (LinkState.Up or LinkState.Leaving)) return false;

        outbox.Acknowledge(ack.Lane, ack.Sequence);
        BatchesAcknowledged++;
        return true;
    }

    private bool Credited(Credit credit)
    {
        if (State is not (LinkState.Up or LinkState.Leaving)) return false;

        _credit = (int)Math.Min(_credit + (long)credit.Batches, CreditMax);
        Weight = (int)Math.Min(credit.Weight, Ring.RingMember.WholeWeight);
        return true;
    }

    private bool Left()
    {
        // Only behind Welcome: before it nobody here knows what of an earlier conversation the worker holds.
        if (State == LinkState.Up) State = LinkState.Leaving;
        return State == LinkState.Leaving;
    }
}
