using System.Runtime.CompilerServices;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Wire.Batches;

/// <summary>Turns records into one self-describing batch of columns (<see cref="BatchFormat"/>). One thread; keeps its
/// memory for the next batch.</summary>
public sealed class BatchEncoder
{
    private const int BytesFull = BatchFormat.RecordBytesMax - RecordWriter.BytesMax;
    private const int ListedFull = BatchFormat.ListedMax - RecordWriter.BytesMax;

    private KindColumns?[] _byKind = [];
    private readonly List<KindColumns> _used = [];
    private readonly NumberColumn _order = new();
    private readonly ByteWriter _output = new(1 << 16);
    private readonly BatchPlaces _places = new();
    private int _bytes;

    /// <summary>Records added since the last <see cref="Finish"/>.</summary>
    public int Count => _order.Count;

    /// <summary>One more record might be more than a reader takes.</summary>
    public bool IsFull => Count == BatchFormat.RecordsMax || _bytes > BytesFull || _places.Listed > ListedFull;

    /// <summary>Time of the first record added, nanoseconds since 1970 UTC.</summary>
    public long FirstNanos { get; private set; }

    /// <summary>Copies a record's fields. There must be room.</summary>
    public void Add(RecordView record)
    {
        ObjectDisposedException.ThrowIf(IsFull, this);
        if (Count == 0) FirstNanos = record.Header.TimeNanos;
        var columns = ColumnsOf(record);
        _bytes += record.Header.Length;
        _order.Add(columns.Place);
        columns.Add(record);
    }

    /// <summary>Writes the batch of a sensor and begins the next.</summary>
    /// <param name="interfaces">The names that <see cref="RecordHeader.Interface"/> stands for.</param>
    /// <param name="node">The machine they are on.</param>
    /// <returns>Lent until the next call.</returns>
    public ReadOnlySpan<byte> Finish(IReadOnlyList<string> interfaces, string node = "")
    {
        BeginTables();
        foreach (var number in _places.Origins.Numbers)
        {
            PutName(node);
            PutName(number < interfaces.Count ? interfaces[(int)number] : "");
        }

        return FinishTables();
    }

    /// <summary>Writes the batch and begins the next.</summary>
    /// <param name="origins">What <see cref="RecordHeader.Interface"/> stands for.</param>
    /// <returns>Lent until the next call.</returns>
    public ReadOnlySpan<byte> Finish(OriginBook origins)
    {
        BeginTables();
        foreach (var number in _places.Origins.Numbers)
        {
            var (node, name) = origins.Of((ushort)number);
            PutName(node);
            PutName(name);
        }

        return FinishTables();
    }

    private void BeginTables()
    {
        foreach (var columns in _used) columns.Gather();
        _output.Clear();
        _output.Put(BatchFormat.Version);
        _output.PutVarint((ulong)Count);
        _output.PutVarint((ulong)_places.Apps.Numbers.Length);
        foreach (var app in _places.Apps.Numbers) PutName(Apps.Name((ushort)app));
        _output.PutVarint((ulong)_places.Origins.Numbers.Length);
    }

    private ReadOnlySpan<byte> FinishTables()
    {
        _output.PutVarint((ulong)_places.Peers.Numbers.Length);
        foreach (var peer in _places.Peers.Numbers) PutPeer(Peers.Of(peer));
        _output.PutVarint((ulong)_used.Count);
        foreach (var columns in _used) columns.Write(_output, _places.Peers.Numbers.Length > 0);
        _order.Write(_output, [], []);
        Clear();
        return _output.Written;
    }

    private void Clear()
    {
        foreach (var columns in _used) columns.Clear();
        _used.Clear();
        _places.Clear();
        _bytes = 0;
        _order.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private KindColumns ColumnsOf(RecordView record)
    {
        var (byKind, kind) = (_byKind, record.Header.Kind);
        return kind < byKind.Length && byKind[kind] is { Rows: > 0 } columns ? columns : Begin(record);
    }

    /// <summary>The first record of its kind in the batch.</summary>
    private KindColumns Begin(RecordView record)
    {
        var kind = record.Header.Kind;
        if (kind >= _byKind.Length) Array.Resize(ref _byKind, kind + 1);
        var columns = _byKind[kind] ??= new KindColumns(record.Schema, _places);
        columns.Place = (ulong)_used.Count;
        _used.Add(columns);
        return columns;
    }

    private void PutPeer(Peer peer)
    {
        _output.Put((byte)peer.Kind);
        PutText(peer.Name);
        PutText(peer.Namespace);
        PutText(peer.Workload);
        PutText(peer.WorkloadKind);
        PutText(peer.Service);
        PutText(peer.Node);
        PutText(peer.Zone);
        PutText(peer.Why);
        _output.PutVarint((ulong)peer.Labels.Count);
        foreach (var (key, value) in peer.Labels)
        {
            PutText(key);
            PutText(value);
        }
    }

    private void PutName(string name) => Put(name, stackalloc byte[BatchFormat.NameBytesMax]);

    private void PutText(string text) => Put(text, stackalloc byte[Peer.TextBytesMax]);

    /// <summary>What is longer than its limit has no name.</summary>
    private void Put(string text, Span<byte> bytes)
    {
        Encoding.UTF8.TryGetBytes(text, bytes, out var length);
        _output.PutText(bytes[..length]);
    }
}
