namespace NetSniff.Storage.MmapQueue;

/// <content>What happens to the lanes of a worker that is gone.</content>
public sealed partial class Spool
{
    /// <summary>Records that went from one lane to another, over all runs: their first lane counts them as
    /// acknowledged.</summary>
    public long RecordsMoved => _state.RecordsMoved;

    /// <summary>Puts the first entry that waits in one lane at the end of another. Whatever happens in between, it is
    /// in one of them afterwards, and in one only.</summary>
    /// <returns>False when nothing waits, or there is no room now.</returns>
    public bool TryMove(SpoolLane from, SpoolLane to)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            using var reader = from.Queue.OpenReader();
            if (!reader.TryRead(out var entry)) return false;

            // Nobody else appends while the lock is held, so the number is known before it is given.
            _state.BeginMove(from.Name, entry.Sequence, to.Name, to.Queue.Next, entry.Records);
            _isMoving = true;
            try
            {
                var status = to.Queue.TryAppend(entry.Payload, entry.Records, entry.TimeNanos, entry.Kind, out _);
                if (status != AppendStatus.Stored)
                {
                    _state.EndMove(records: 0);
                    return false;
                }
            }
            finally
            {
                _isMoving = false;
            }

            reader.Acknowledge(entry.Sequence);
            _state.EndMove(entry.Records);
            return true;
        }
    }

    /// <summary>Forgets a lane in which nothing waits. Its numbers are not used again, should it ever come back.
    /// </summary>
    /// <returns>False when something waits after all.</returns>
    public bool TryRemove(SpoolLane lane)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var counts = lane.Queue.Counts();
            if (counts.Entries > 0 || !_lanes.Contains(lane)) return false;

            _recordsUnreadableGone += counts.RecordsUnreadable;
            _filesTornGone += counts.TornSegments;
            _state.BeginRetire(lane.Name, lane.Queue.Next - 1, counts.RecordsAcknowledged, counts.RecordsDropped);
            Volatile.Write(ref _lanes, [.. _lanes.Where(other => other != lane)]);
            lane.Queue.Dispose();
            FinishRetire();
            return true;
        }
    }

    private void FinishRetire()
    {
        if (_state.Retiring is not { } name) return;

        var folder = Path.Combine(_folder, LanesName, name);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var worker = Path.GetDirectoryName(folder)!;
        if (Directory.Exists(worker) && !Directory.EnumerateFileSystemEntries(worker).Any()) Directory.Delete(worker);
        _state.EndRetire();
    }

    /// <summary>All lanes together, also those that are gone.</summary>
    public SpoolCounts Counts()
    {
        lock (_lock)
        {
            var sum = new SpoolCounts
            {
                RecordsArrived = _state.RecordsAcknowledged - _state.RecordsMoved,
                RecordsDropped = _state.RecordsDropped,
                RecordsRefused = RecordsRefused,
                RecordsUnreadable = _recordsUnreadableGone,
                FilesTorn = _filesTornGone,
            };
            foreach (var lane in _lanes)
            {
                var counts = lane.Queue.Counts();
                sum = sum with
                {
                    Records = sum.Records + counts.Records,
                    BytesOnDisk = sum.BytesOnDisk + counts.BytesOnDisk,
                    RecordsArrived = sum.RecordsArrived + counts.RecordsAcknowledged,
                    RecordsDropped = sum.RecordsDropped + counts.RecordsDropped,
                    RecordsUnreadable = sum.RecordsUnreadable + counts.RecordsUnreadable,
                    FilesTorn = sum.FilesTorn + counts.TornSegments,
                    OldestNanos = Older(sum.OldestNanos, counts.OldestNanos),
                };
            }

            return sum;
        }
    }

    private static long Older(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);

    /// <summary>An earlier run ended in the middle of a move: either the entry had got its number in the other lane,
    /// or it had not.</summary>
    private void FinishMove()
    {
        if (_state.Moving is not { } move) return;

        var from = Array.Find(_lanes, lane => lane.Name == move.From);
        var to = Array.Find(_lanes, lane => lane.Name == move.To);
        // Not by its next number: that jumps when the machine starts anew.
        var isThere = to is not null && to.Queue.Had(move.ToSequence);
        if (isThere && from is not null)
        {
            using var reader = from.Queue.OpenReader();
            reader.Acknowledge(move.FromSequence);
        }

        _state.EndMove(isThere ? move.Records : 0);
    }
}

/// <summary>What a spool holds and what became of the rest, over all runs where it does not say otherwise.</summary>
public readonly record struct SpoolCounts
{
    /// <summary>Records that wait.</summary>
    public long Records { get; init; }

    public long BytesOnDisk { get; init; }

    /// <summary>Records that were acknowledged.</summary>
    public long RecordsArrived { get; init; }

    /// <summary>Records given up to make room.</summary>
    public long RecordsDropped { get; init; }

    /// <summary>Records that never got in, this run.</summary>
    public long RecordsRefused { get; init; }

    /// <summary>Records in entries that are no batch, this run: no worker got them.</summary>
    public long RecordsUnreadable { get; init; }

    /// <summary>Files of earlier runs whose end was lost with the power, or with a run that ended in the middle of an
    /// entry. How many records that were nobody knows any more.</summary>
    public long FilesTorn { get; init; }

    /// <summary>Time of the oldest waiting entry, nanoseconds since 1970 UTC; 0 when there is none.</summary>
    public long OldestNanos { get; init; }
}
