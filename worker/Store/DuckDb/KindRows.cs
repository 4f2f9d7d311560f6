using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Where the records of one kind lie among those that wait, and which columns have a value in any of them.
/// </summary>
internal sealed unsafe class KindRows
{
    private readonly List<Stretch> _stretches = [];
    private ulong _fields;
    private ulong _fixed = KindWriter.AlwaysThere;

    public IReadOnlyList<Stretch> Stretches => _stretches;

    /// <summary>Whether a record has a value for a column, by its place in <see cref="KindTable.Columns"/>.</summary>
    public bool Has(int column) => column < FixedColumns.All.Length
        ? (_fixed >> column & 1) != 0
        : (_fields >> (column - FixedColumns.All.Length) & 1) != 0;

    public Partition.Span Span { get; private set; }

    /// <summary>Adds records that lie side by side.</summary>
    public void Add(byte* start, int count, uint lane, ulong batch)
    {
        _stretches.Add(new Stretch(start, count, lane, batch));
        var (oldest, newest) = (long.MaxValue, long.MinValue);
        var at = start;
        for (var record = 0; record < count; record++)
        {
            ref readonly var head = ref *(RecordHeader*)at;
            oldest = Math.Min(oldest, head.TimeNanos);
            newest = Math.Max(newest, head.TimeNanos);
            _fields |= head.Present;
            _fixed |= KindWriter.There(in head);
            at += head.Length;
        }

        Span = Span.With(new Partition.Span(count, oldest, newest));
    }

    public readonly struct Stretch(byte* start, int count, uint lane, ulong batch)
    {
        public byte* Start { get; } = start;

        public int Count { get; } = count;

        public uint Lane { get; } = lane;

        public ulong Batch { get; } = batch;
    }
}
