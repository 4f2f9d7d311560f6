namespace NetSniff.Storage.MmapQueue;

/// <summary>Finding again what earlier runs left, and letting go of what is no longer wanted.</summary>
public sealed unsafe partial class MmapQueue
{
    private List<QueueSegment> RecoverSegments(string folder)
    {
        var segments = new List<QueueSegment>();
        foreach (var path in Directory.GetFiles(folder, "*" + QueueSegment.Extension).Order(StringComparer.Ordinal))
        {
            if (!QueueSegment.TryParseName(path, out var first)) continue;
            if (new FileInfo(path).Length == 0)
            {
                // Made, but its blocks were not yet there when the run ended.
                File.Delete(path);
                continue;
            }

            var segment = QueueSegment.Recover(path, first);
            if (segment.WasTorn) _tornSegments++;
            // A run may end between counting a file as given up and deleting it.
            if (segment.Entries == 0 || segment.NextSequence - 1 <= _position.DroppedThrough)
            {
                Remove(segment);
                continue;
            }

            segments.Add(segment);
            BytesOnDisk += segment.File.Length;
        }

        return segments;
    }

    private void StartNumbering()
    {
        _next = Math.Max(
            Math.Max(_position.Floor, _position.Acknowledged), Math.Max(_position.DroppedThrough, _position.Sent)) + 1;
        if (_segments is [.., var last]) _next = Math.Max(_next, last.NextSequence);
        if (_position.Boot == BootId.Current) return;

        if (_position.Boot != 0)
        {
            // Which of them were sent may have been lost with the power: all may have been.
            if (_next - 1 > _position.Sent) _position.MarkSent(_next - 1);
            _next += SequenceJump;
            // Before the boot, which says that it has been done: nothing may be appended before the next start.
            _position.RaiseFloor(_next - 1);
        }

        _position.Enter(BootId.Current);
    }

    /// <summary>Counts what waits and finds the first entry that does.</summary>
    private void SettleAcknowledged()
    {
        RemoveAcknowledged();
        _recordsWaiting = _segments.Sum(segment => segment.Records);
        if (_segments is not [var first, ..]) return;

        var (position, records) = Walk(first, 0, _position.Acknowledged);
        _acknowledgedTo = position;
        _recordsWaiting -= records;
    }

    /// <summary>Deletes whole files that nobody waits for; the last stays while it takes entries.</summary>
    private void RemoveAcknowledged()
    {
        while (_segments is [{ IsSealed: true } first, ..] && first.NextSequence <= _position.Acknowledged + 1)
        {
            _segments.RemoveAt(0);
            _acknowledgedTo = 0;
            BytesOnDisk -= first.File.Length;
            Remove(first);
        }
    }

    /// <summary>Deletes the last file where everything in it has arrived; the next entry begins another.</summary>
    /// <returns>False when something waits, or there is none.</returns>
    internal bool TryDropIdle()
    {
        lock (_lock)
        {
            if (_isDisposed || _segments is not [var only]) return false;
            if (only.NextSequence > _position.Acknowledged + 1) return false;

            only.IsSealed = true;
            RemoveAcknowledged();
            return true;
        }
    }

    /// <summary>Gives up the oldest file with all that waits in it.</summary>
    /// <returns>False when there is none.</returns>
    internal bool TryDropOldest()
    {
        lock (_lock)
        {
            if (_isDisposed || _segments is not [var first, ..]) return false;

            first.IsSealed = true;
            var (_, records) = Walk(first, _acknowledgedTo, ulong.MaxValue);
            _position.Drop(first.NextSequence - 1, records);
            _recordsWaiting -= records;
            _segments.RemoveAt(0);
            _acknowledgedTo = 0;
            BytesOnDisk -= first.File.Length;
            Remove(first);
            return true;
        }
    }

    /// <summary>Passes over entries up to a number, from a place on.</summary>
    private static (long Position, long Records) Walk(QueueSegment segment, long position, ulong through)
    {
        var records = 0L;
        while (position < segment.Used && segment.At(position)->Sequence <= through)
        {
            records += segment.At(position)->Records;
            position += EntryHeader.Room(segment.LengthAt(position));
        }

        return (position, records);
    }

    /// <summary>The name goes at once, the memory when the reader has left it.</summary>
    private static void Remove(QueueSegment segment)
    {
        File.Delete(segment.File.Path);
        segment.File.Release();
    }
}
