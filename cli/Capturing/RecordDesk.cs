using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Summary;
using NetSniff.Detection;
using NetSniff.Filters.Expression;
using NetSniff.Records;
using NetSniff.Worker.Enrich;

namespace NetSniff.Cli.Capturing;

/// <summary>Where the records of all shards arrive: those that match are counted and shown, one thread at a time.
/// </summary>
/// <param name="countMax">Stop after showing so many; 0 for no end.</param>
internal sealed class RecordDesk(Filter? filter, Output output, TrafficTally? tally, long countMax) : RecordConsumer
{
    private readonly Lock _lock = new();
    private readonly Filter? _filter = filter is { IsAlways: false } ? filter : null;
    private readonly bool _isWatched = output.IsWatching;
    private byte[] _named = [];
    private ulong _position;
    private bool _isFull;

    /// <summary>Names the ends of records before anybody sees them.</summary>
    public Enricher? Enricher { get; init; }

    /// <summary>Looks at every record; what it finds is shown behind it.</summary>
    public DetectionRun? Detection { get; init; }

    public long Shown { get; private set; }

    public bool IsFull => Volatile.Read(ref _isFull);

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        lock (_lock)
        {
            if (_isFull) return;

            foreach (var record in new RecordWalker(Enricher is null ? records : Named(records, Enricher)))
            {
                Show(in record);
                if (_isFull) return;
                if (Detection is null) continue;

                Detection.Run(record, _position++);
                if (Detection.FindingsCount == 0) continue;

                foreach (var finding in new RecordWalker(Detection.Findings)) Show(in finding);
                if (_isFull) return;
            }
        }
    }

    private void Show(in RecordView record)
    {
        if (_isFull) return;

        if (_isWatched) output.Watch(record);
        if (_filter is not null && !_filter.Matches(record)) return;

        tally?.Add(record);
        if (output.Write(record) && ++Shown == countMax) Volatile.Write(ref _isFull, true);
    }

    /// <summary>A copy, for the records are lent.</summary>
    private ReadOnlySpan<byte> Named(ReadOnlySpan<byte> records, Enricher enricher)
    {
        if (_named.Length < records.Length) _named = new byte[records.Length];
        var named = _named.AsSpan(0, records.Length);
        records.CopyTo(named);
        enricher.Enrich(named);
        return named;
    }

    public void Flush()
    {
        lock (_lock) output.Flush();
    }
}
