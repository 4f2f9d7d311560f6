using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Json;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Keeps records in DuckDB, a file for each hour.</summary>
/// <remarks>DuckDB's transactions write to one file only, and a batch may have records of several hours. So each file
/// keeps beside its rows, in the same transaction, which batches of each lane it has; the books keep up to where each
/// lane is stored everywhere, and are written last. After a crash in between, the batches come again, and each file
/// takes what it lacks. Which records have no hour is decided once a commit, and their rows are in the books' own
/// transaction, so the same records cannot lie in both.</remarks>
public sealed partial class DuckDbStore : IRecordStore
{
    private readonly DuckDbOptions _options;

    // What waits for the commit.
    private readonly Dictionary<long, PendingRecords> _routes = [];
    private readonly Dictionary<uint, ulong> _marks = [];
    private readonly Stack<PendingRecords> _spare = [];
    private readonly PendingRecords _strays = new();
    private long _pendingBytes;
    private long _groupHour;

    private volatile DuckFiles? _files;

    /// <summary>The files that were open last: what is known of them stays true when they had to be closed.</summary>
    private volatile DuckFiles _known;

    private volatile ImmutableDictionary<LaneId, ulong> _stored = ImmutableDictionary<LaneId, ulong>.Empty;
    private bool _isDisposed;

    /// <exception cref="IOException">The folder cannot be used, or another process has it open.</exception>
    public DuckDbStore(DuckDbOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _known = Files;
    }

    public IReadOnlyDictionary<LaneId, ulong> Stored => _stored;

    /// <summary>The files, opened again if the disk took them away.</summary>
    private DuckFiles Files => _files ?? Reopen();

    public bool Append(in StoreBatch batch)
    {
        var files = Files;
        var lane = files.Books.Number(batch.Lane);
        if (batch.Sequence <= MarkOf(lane)) return false;

        var isWanted = !files.Books.IsUnwanted(lane, batch.Sequence);
        if (isWanted) Route(files, lane, batch.Sequence, batch.Records);
        _marks[lane] = batch.Sequence;
        if (_pendingBytes > _options.PendingBytesMax) Commit();
        return isWanted;
    }

    public void Commit()
    {
        if (_marks.Count == 0) return;
        var files = Files;
        try
        {
            files.Books.WriteLanes();
            var isSame = true;
            foreach (var (hour, pending) in _routes.OrderBy(route => route.Key))
            {
                if (ReferenceEquals(pending, _strays) || pending.Count == 0) continue;
                isSame &= CommitHour(files, hour, pending);
            }

            _options.BeforeBooks?.Invoke();
            CommitBooks(files);
            if (!isSame) Views.Make(files.Writer, files);
        }
        catch (DuckException error)
        {
            throw Broken(files, error);
        }
        finally
        {
            ForgetPending();
        }
    }

    public void Forget() => ForgetPending();

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _files?.Dispose();
        _files = null;
    }

    private ulong MarkOf(uint lane) => _marks.TryGetValue(lane, out var pending)
        ? pending
        : Files.BooksFile.Marks.GetValueOrDefault(lane);

    private void Route(DuckFiles files, uint lane, ulong batch, ReadOnlySpan<byte> records)
    {
        if (_routes.Count == 0) _groupHour = Partition.HourOf(NowNanos());
        _pendingBytes += records.Length;
        while (!records.IsEmpty)
        {
            var hour = Partition.HourOf(MemoryMarshal.Read<RecordHeader>(records).TimeNanos);
            var length = SameHour(records, hour);
            var partition = files.Find(hour);
            // The file has this batch since before a crash.
            var isThere = partition is not null && partition.Marks.GetValueOrDefault(lane) >= batch;
            if (!isThere) Target(hour, partition).Add(lane, batch, records[..length]);
            records = records[length..];
        }
    }

    /// <summary>Bytes of the records at the beginning that are of one hour.</summary>
    private static int SameHour(ReadOnlySpan<byte> records, long hour)
    {
        var (first, last) = hour is > -2_562_047 and < 2_562_047
            ? (hour * Partition.HourNanos, hour * Partition.HourNanos + Partition.HourNanos - 1)
            : (1L, 0L);
        var length = 0;
        do
        {
            ref readonly var head = ref Unsafe.As<byte, RecordHeader>(
                ref MemoryMarshal.GetReference(records[length..]));
            if (length > 0 && (head.TimeNanos < first || head.TimeNanos > last)) break;
            length += head.Length;
        }
        while (length < records.Length);
        return length;
    }

    private PendingRecords Target(long hour, Partition? partition)
    {
        if (_routes.TryGetValue(hour, out var known)) return known;
        var isHour = partition is not null || MayHaveHour(hour);
        var target = isHour ? _spare.TryPop(out var spare) ? spare : new PendingRecords() : _strays;
        _routes.Add(hour, target);
        return target;
    }

    /// <summary>Whether records of an hour that has no file yet may have one.</summary>
    private bool MayHaveHour(long hour)
    {
        var oldest = _groupHour - (long)Math.Ceiling(Retention.AgeMax.TotalHours);
        var newest = _groupHour + (long)Math.Ceiling(_options.AheadMax.TotalHours);
        if (hour < oldest || hour > newest) return false;

        var coming = _routes.Count(route => !ReferenceEquals(route.Value, _strays) && Files.Find(route.Key) is null);
        return Files.Hours.Length + coming < _options.PartitionsMax;
    }

    private void ForgetPending()
    {
        foreach (var pending in _routes.Values)
        {
            if (ReferenceEquals(pending, _strays)) continue;
            pending.Clear();
            if (_spare.Count < 2) _spare.Push(pending);
        }

        _strays.Clear();
        _routes.Clear();
        _marks.Clear();
        _pendingBytes = 0;
    }

    private long NowNanos() => Timestamps.Nanos(_options.Clock.GetUtcNow());
}
