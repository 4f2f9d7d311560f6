using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Gets every batch once it is committed, on the thread that stores: it keeps what it can and never waits.
/// </summary>
public interface IRecordFeed
{
    /// <param name="batch">Lent for the call.</param>
    void Publish(in StoreBatch batch);
}

/// <summary>Fills in what a header lacks: who the ends are, where it was seen.</summary>
public interface IRecordEnricher
{
    /// <param name="records">Whole records, one after the other; headers may be written to.</param>
    void Enrich(Span<byte> records, int count);
}

/// <summary>Looks for what rules describe, before a batch is stored.</summary>
public interface IBatchDetector
{
    /// <returns>The batch, with what was found behind its records.</returns>
    StoreBatch Detect(scoped in StoreBatch batch);
}
