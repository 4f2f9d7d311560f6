using System.Globalization;

namespace NetSniff.Worker.Store;

/// <summary>Writes every hour as Parquet when it is over, and again when late records came for it.</summary>
/// <remarks>What was written is noted in a file: after a start nothing is written twice that is there already. What
/// fails is tried again a minute later; the records stay in the store as long as it keeps them.</remarks>
/// <param name="export">Whereto; its time does not matter.</param>
/// <param name="notes">The file.</param>
public sealed class HourlyExport(IRecordStore store, ParquetExport export, string notes, TimeProvider clock)
{
    private const long HourNanos = 3_600_000_000_000;

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMinutes(1);

    /// <summary>How long after its end an hour is taken to be whole: sensors send within seconds.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromMinutes(5);

    /// <summary>Late records are gathered for so long before their hour is written again.</summary>
    private static readonly TimeSpan s_againAfter = TimeSpan.FromMinutes(15);

    private readonly Dictionary<long, long> _written = [];
    private readonly Dictionary<long, DateTimeOffset> _writtenAt = [];
    private bool _isRead;

    /// <summary>Why the last look did not end well; null when it did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Called after each look.</summary>
    public Action? Looked { get; set; }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_lookEvery, clock);
        try
        {
            do Look(stop);
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The hour comes with the next start.
        }
    }

    /// <summary>Writes what is due.</summary>
    /// <returns>Hours written.</returns>
    public int Look(CancellationToken stop)
    {
        var written = 0;
        try
        {
            ReadNotes();
            var now = clock.GetUtcNow();
            var hours = store.Hours;
            foreach (var hour in hours)
            {
                if (!IsDue(hour, now)) continue;
                store.ExportParquet(
                    export with { SinceNanos = hour.Hour * HourNanos, UntilNanos = (hour.Hour + 1) * HourNanos }, stop);
                (_written[hour.Hour], _writtenAt[hour.Hour]) = (hour.Records, now);
                written++;
                WriteNotes(hours);
            }

            Problem = null;
        }
        catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException))
        {
            Problem = error.Message;
        }

        Looked?.Invoke();
        return written;
    }

    private bool IsDue(HourCounts hour, DateTimeOffset now)
    {
        var end = DateTimeOffset.UnixEpoch.AddHours(hour.Hour + 1);
        if (now < end + s_settled) return false;
        if (!_written.TryGetValue(hour.Hour, out var records)) return true;
        return records != hour.Records
            && (!_writtenAt.TryGetValue(hour.Hour, out var at) || now >= at + s_againAfter);
    }

    private void ReadNotes()
    {
        if (_isRead) return;
        foreach (var line in File.Exists(notes) ? File.ReadAllLines(notes) : [])
        {
            var parts = line.Split(' ');
            var isNote = parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out _)
                && long.TryParse(parts[1], CultureInfo.InvariantCulture, out _);
            if (isNote)
            {
                _written[long.Parse(parts[0], CultureInfo.InvariantCulture)] =
                    long.Parse(parts[1], CultureInfo.InvariantCulture);
            }
        }

        _isRead = true;
    }

    /// <summary>Whole or not at all; hours that the store has no more are forgotten.</summary>
    private void WriteNotes(IReadOnlyList<HourCounts> hours)
    {
        var kept = hours.Select(hour => hour.Hour).ToHashSet();
        foreach (var gone in _written.Keys.Where(hour => !kept.Contains(hour)).ToList())
        {
            _written.Remove(gone);
            _writtenAt.Remove(gone);
        }

        File.WriteAllLines(notes + ".part", _written.OrderBy(one => one.Key).Select(
            one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value}")));
        File.Move(notes + ".part", notes, overwrite: true);
    }
}
