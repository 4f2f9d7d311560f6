using NetSniff.Wire.V1;

namespace NetSniff.Wire.Delivery;

/// <summary>What waits for one worker. One thread at a time.</summary>
public interface IOutbox
{
    /// <summary>Set when there may be something to take, by any thread.</summary>
    Wakeup Waiting { get; }

    /// <summary>Nothing waits, and nothing that was sent waits for its acknowledgement.</summary>
    bool IsEmpty { get; }

    /// <summary>Batches that this worker may hold and that have gone to others since.</summary>
    IReadOnlyList<Retraction> Retractions { get; }

    /// <summary>The worker has been told, and has it on disk.</summary>
    void ForgetRetractions();

    /// <summary>Fills in the next batch, the most important first; on disk it counts as sent from now on.</summary>
    /// <remarks>Its payload is lent until the next call.</remarks>
    bool TryTake(Batch batch);

    /// <summary>Everything of the lane up to this sequence is durable at the worker.</summary>
    void Acknowledge(string lane, ulong sequence);

    /// <summary>What was taken and not acknowledged is given again, in order.</summary>
    void Rewind();

    /// <summary>The worker has ended in order: of what was sent it holds what it acknowledged, and nothing else.
    /// </summary>
    void Settle();
}
