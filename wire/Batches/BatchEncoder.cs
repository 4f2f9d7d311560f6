using System.Text;
using NetSniff.Buffers;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Turns records into one self-describing batch of columns (<see cref="BatchFormat"/>). One thread; keeps its
/// memory for the next batch.</summary>
public sealed class BatchEncoder
{
    private readonly List<KindColumns?> _byKind = [];
    private readonly List<KindColumns> _used = [];
    private readonly NumberColumn _order = new();
    private readonly ByteWriter _output = new(1 << 16);
    private readonly List<ushort> _apps = [];
    private int[] _appPlaces = [];

    /// <summary>Records added since the last <see cref="Finish"/>.</summary>
    public int Count => _order.Count;

    public bool IsFull => Count == BatchFormat.RecordsMax;

    /// <summary>Time of the first record added, nanoseconds since 1970 UTC.</summary>
    public long FirstNanos { get; private set; }

    /// <summary>Copies a record's fields. There must be room.</summary>
    public void Add(RecordView record)
    {
        ObjectDisposedException.ThrowIf(IsFull, this);
        if (Count == 0) FirstNanos = record.Header.TimeNanos;
        var columns = ColumnsOf(record);
        _order.Add(columns.Place);
        columns.Add(record, AppPlace(record.Header.App));
    }

    /// <summary>Writes the batch and begins the next.</summary>
    /// <param name="interfaces">The names that <see cref="RecordHeader.Interface"/> stands for.</param>
    /// <returns>Lent until the next call.</returns>
    public ReadOnlySpan<byte> Finish(IReadOnlyList<string> interfaces)
    {
        _output.Clear();
        _output.Put(BatchFormat.Version);
        _output.PutVarint((ulong)Count);
        _output.PutVarint((ulong)_apps.Count);
        foreach (var app in _apps) PutName(Apps.Name(app));
        _output.PutVarint((ulong)interfaces.Count);
        foreach (var name in interfaces) PutName(name);
        _output.PutVarint((ulong)_used.Count);
        foreach (var columns in _used) columns.Write(_output);
        _order.Write(_output, [], []);
        Clear();
        return _output.Written;
    }

    private void Clear()
    {
        foreach (var columns in _used) columns.Clear();
        foreach (var app in _apps) _appPlaces[app] = 0;
        _used.Clear();
        _apps.Clear();
        _order.Clear();
    }

    private KindColumns ColumnsOf(RecordView record)
    {
        var kind = record.Header.Kind;
        while (_byKind.Count <= kind) _byKind.Add(null);
        var columns = _byKind[kind] ??= new KindColumns(record.Schema);
        if (columns.Rows > 0) return columns;

        columns.Place = (ulong)_used.Count;
        _used.Add(columns);
        return columns;
    }

    private int AppPlace(ushort app)
    {
        if (app >= _appPlaces.Length) Array.Resize(ref _appPlaces, Math.Max(app + 1, 256));
        if (_appPlaces[app] == 0)
        {
            _apps.Add(app);
            _appPlaces[app] = _apps.Count;
        }

        return _appPlaces[app] - 1;
    }

    private void PutName(string name)
    {
        Span<byte> bytes = stackalloc byte[BatchFormat.NameBytesMax];
        Encoding.UTF8.TryGetBytes(name, bytes, out var length);
        _output.PutText(bytes[..length]);
    }
}
