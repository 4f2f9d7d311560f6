using System.Buffers;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Ingest;

/// <summary>An entry of the log, unpacked and named, on its way to the store. Its records are its own until
/// <see cref="Dispose"/>.</summary>
internal sealed class DecodedEntry : IDisposable
{
    private byte[] _records = [];

    /// <summary>Its number in the log.</summary>
    public required ulong Place { get; init; }

    public LogEntryKind Kind { get; init; }

    public LaneId Lane { get; init; }

    /// <summary>Of a batch in its lane.</summary>
    public ulong Sequence { get; init; }

    /// <summary>Records that its sensor said it had.</summary>
    public int RecordsTold { get; init; }

    /// <summary>Records that it has.</summary>
    public int Count { get; private set; }

    /// <summary>Columns that say what is not known here.</summary>
    public int ColumnsUnknown { get; set; }

    public string TraceParent { get; init; } = "";

    public IReadOnlyList<ulong> Retracted { get; init; } = [];

    /// <summary>It ends before it should.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Why it could not be prepared.</summary>
    public Exception? Failure { get; init; }

    public int Bytes { get; private set; }

    public ReadOnlySpan<byte> Records => _records.AsSpan(0, Bytes);

    public void Take(ReadOnlySpan<byte> records, int count)
    {
        _records = ArrayPool<byte>.Shared.Rent(records.Length);
        records.CopyTo(_records);
        (Bytes, Count) = (records.Length, count);
    }

    public void Dispose()
    {
        if (_records.Length > 0) ArrayPool<byte>.Shared.Return(_records);
        (_records, Bytes, Count) = ([], 0, 0);
    }
}
