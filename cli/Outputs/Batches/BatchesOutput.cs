using System.Buffers.Binary;
using NetSniff.Json;
using NetSniff.Records;
using NetSniff.Wire.Batches;

namespace NetSniff.Cli.Outputs.Batches;

/// <summary>Records as a sensor sends them to a worker: batches of columns, not compressed, each behind its length in
/// four bytes, least significant first.</summary>
internal sealed class BatchesOutput(OutputBuffer buffer, OriginBook origins) : Output
{
    public const int RecordsMax = 4096;

    private readonly BatchEncoder _encoder = new();

    public override bool Write(RecordView record)
    {
        _encoder.Add(record);
        if (_encoder.Count == RecordsMax || _encoder.IsFull) WriteBatch();
        return true;
    }

    public override void Flush()
    {
        if (_encoder.Count > 0) WriteBatch();
        buffer.Flush();
    }

    private void WriteBatch()
    {
        var batch = _encoder.Finish(origins);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(sizeof(int)), batch.Length);
        buffer.Advance(sizeof(int));
        buffer.AppendPiece(batch);
    }
}
