using NetSniff.Wire.V1;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>Where what was taken in is kept until it is stored. Any thread.</summary>
public interface IIngestLog
{
    /// <summary>Bytes that wait to be stored.</summary>
    long BytesWaiting { get; }

    /// <returns>False when there is no room now.</returns>
    bool TryAppend(LaneId lane, Batch batch);

    /// <returns>False when there is no room now.</returns>
    bool TryAppend(LaneId lane, IReadOnlyList<ulong> retracted);
}
