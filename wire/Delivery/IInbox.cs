using NetSniff.Wire.V1;

namespace NetSniff.Wire.Delivery;

public enum InboxAnswer : byte
{
    /// <summary>It is durable, now or since an earlier time.</summary>
    Durable,

    /// <summary>There is no room now; the same batch may be tried again.</summary>
    Full,

    /// <summary>The sensor has another connection since; this one says nothing any more.</summary>
    Superseded,

    /// <summary>It is no batch.</summary>
    Refused,
}

/// <summary>Where a worker takes batches in. Any thread.</summary>
public interface IInbox
{
    string Worker { get; }

    string Version { get; }

    /// <summary>Set when the worker takes no more.</summary>
    CancellationToken Leaving { get; }

    /// <summary>Begins a conversation: earlier ones of the sensor end, its retractions are durable.</summary>
    /// <returns>Null when the worker cannot: it is full of sensors, or has no room for what must be written down.
    /// </returns>
    IInboxSession? Open(Hello hello);
}

/// <summary>One connection of a sensor. One thread at a time takes; any asks.</summary>
public interface IInboxSession : IDisposable
{
    /// <summary>The last batch of each lane that is durable.</summary>
    IReadOnlyList<LanePosition> Positions { get; }

    /// <summary>Batches allowed at once.</summary>
    int Window { get; }

    /// <summary>Share of a whole load that the worker takes now; 0 takes no further credit.</summary>
    int Weight { get; }

    /// <summary>Set when another connection has taken over.</summary>
    CancellationToken Superseded { get; }

    InboxAnswer Take(Batch batch);

    void Report(SensorStatus status);
}
