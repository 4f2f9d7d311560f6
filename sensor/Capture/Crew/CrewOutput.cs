using NetSniff.Records;

namespace NetSniff.Sensor.Capture.Crew;

/// <summary>Where the records of a crew go. What its shards write comes here in one order, whichever thread was faster:
/// chunk by chunk of the file, and of each chunk shard by shard.</summary>
public abstract class CrewOutput
{
    /// <summary>What a shard does with its records. Called once for each.</summary>
    /// <param name="output">Where it may write.</param>
    public abstract CrewRecords NewRecords(ShareStream output);

    /// <summary>Gets what one shard wrote, lent for the call; by one thread at a time.</summary>
    public virtual void Deliver(ReadOnlySpan<byte> bytes) { }

    /// <summary>A chunk has been delivered.</summary>
    public virtual void EndChunk() { }
}

/// <summary>What one shard of a crew does with its records; called by its thread alone.</summary>
public abstract class CrewRecords : RecordConsumer
{
    /// <summary>A chunk is worked off: what has gathered is written to the output.</summary>
    public virtual void EndChunk() { }

    /// <summary>The same, and nothing is held back for company.</summary>
    public virtual void Flush() { }
}
