using NetSniff.Records;

namespace NetSniff.Detection;

/// <summary>Takes findings. They stay until whoever runs the detectors takes them away.</summary>
public sealed class FindingSink
{
    /// <summary>Bytes of findings between two times that they are taken away. What finds no room is counted.</summary>
    public const int BytesMax = 1 << 20;

    private readonly RecordSink _records = new(BytesMax);

    public int Count => _records.Count;

    public ReadOnlySpan<byte> Bytes => _records.Bytes;

    public long Emitted => _records.Emitted;

    /// <summary>Findings for which there was no room.</summary>
    public long Dropped => _records.Dropped;

    /// <summary>Where the record came from, as the host counts: part of what a finding is called.</summary>
    public ulong Position { get; private set; }

    public void Begin(RecordView record, ulong position)
    {
        _records.Context = record.Header;
        Position = position;
    }

    public void Emit(in FindingRecord finding, RecordTraits traits) =>
        _records.Emit(in finding, _records.Context.TimeNanos, traits);

    public void Clear() => _records.Clear();
}
