namespace NetSniff.Storage.MmapQueue;

/// <summary>Reading, and saying what arrived.</summary>
public sealed unsafe partial class MmapQueue
{
    private bool _hasReader;

    /// <summary>Starts at the first entry that is not acknowledged.</summary>
    /// <exception cref="InvalidOperationException">There is a reader already.</exception>
    public QueueReader OpenReader()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_hasReader) throw new InvalidOperationException("one reader at a time");
            _hasReader = true;
            return new QueueReader(this, _position.Acknowledged);
        }
    }

    /// <summary>Entries up to this number were sent at least once, by this run or an earlier one; 0 for none.</summary>
    public ulong Sent
    {
        get
        {
            lock (_lock) return _position.Sent;
        }
    }

    /// <summary>Entries up to this number are acknowledged; 0 for none.</summary>
    public ulong Acknowledged
    {
        get
        {
            lock (_lock) return _position.Acknowledged;
        }
    }

    /// <summary>Entries up to this number that were not acknowledged were given up; 0 for none.</summary>
    public ulong DroppedThrough
    {
        get
        {
            lock (_lock) return _position.DroppedThrough;
        }
    }

    /// <summary>Number of the entry that is appended next.</summary>
    public ulong Next
    {
        get
        {
            lock (_lock) return _next;
        }
    }

    /// <summary>Says before an entry is sent that it will be: whoever asks after a kill knows what a peer may have.
    /// </summary>
    public void MarkSent(ulong sequence)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (sequence > _position.Sent) _position.MarkSent(sequence);
        }
    }

    /// <summary>Whether an entry of this number or a smaller one waits for its acknowledgement.</summary>
    public bool HasWaiting(ulong through)
    {
        lock (_lock) return FirstWaiting() <= through;
    }

    /// <summary>Whether an entry of this number is here, or was until it was acknowledged or given up.</summary>
    internal bool Had(ulong sequence)
    {
        lock (_lock)
        {
            return sequence <= _position.Acknowledged || sequence <= _position.DroppedThrough
                || _segments.Exists(one => one.FirstSequence <= sequence && sequence < one.NextSequence);
        }
    }

    /// <summary>Numbers of the entries that were sent and not acknowledged.</summary>
    public IReadOnlyList<ulong> InDoubt()
    {
        lock (_lock)
        {
            var numbers = new List<ulong>();
            foreach (var segment in _segments)
            {
                var from = Math.Max(segment.FirstSequence, _position.Acknowledged + 1);
                var to = Math.Min(segment.NextSequence - 1, _position.Sent);
                for (var number = from; number <= to; number++) numbers.Add(number);
            }

            return numbers;
        }
    }

    private ulong FirstWaiting()
    {
        foreach (var segment in _segments)
        {
            if (segment.NextSequence > _position.Acknowledged + 1 && segment.Entries > 0)
            {
                return Math.Max(segment.FirstSequence, _position.Acknowledged + 1);
            }
        }

        return ulong.MaxValue;
    }

    /// <summary>The peer is known to hold what it acknowledged and nothing else.</summary>
    public void ForgetSent()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_position.Sent > _position.Acknowledged) _position.MarkSent(_position.Acknowledged);
        }
    }

    /// <summary>Numbers up to this one are taken: by a queue of the same name that is gone, or by what a peer holds.
    /// </summary>
    public void SkipTo(ulong taken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (taken < _next) return;

            // A file's numbers follow each other, so the next entry begins another.
            if (_segments is [.., var last]) last.IsSealed = true;
            _next = taken + 1;
            _position.RaiseFloor(taken);
            if (_segments.Count == 0) _position.Acknowledge(taken, 0);
            else _position.MarkSent(taken);
        }
    }

    internal void CloseReader()
    {
        lock (_lock) _hasReader = false;
    }

    /// <summary>Finds the entry after a number.</summary>
    /// <param name="hint">The segment and place that the reader came to; the segment is held by the reader.</param>
    /// <returns>The segment, held for the reader unless it is the hint's, and the place; null when there is none yet.
    /// </returns>
    internal (QueueSegment Segment, long Position)? Find(ulong after, QueueSegment? hint, long hintPosition)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (hint is not null && hintPosition < hint.Used && hint.At(hintPosition)->Sequence == after + 1)
            {
                // Given up meanwhile: it was counted as lost, so it must not be sent as well.
                if (hint.At(hintPosition)->Sequence > _position.DroppedThrough) return (hint, hintPosition);
            }

            foreach (var segment in _segments)
            {
                if (segment.NextSequence <= after + 1) continue;

                var (position, _) = Walk(segment, 0, after);
                if (position >= segment.Used) continue;
                if (segment != hint && !segment.File.TryHold()) continue;
                return (segment, position);
            }

            return null;
        }
    }

    /// <summary>Entries up to this number, and their files, are no longer wanted.</summary>
    internal void Acknowledge(ulong sequence)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            sequence = Math.Min(sequence, _next - 1);
            if (sequence <= _position.Acknowledged) return;

            _position.Acknowledge(sequence, LetGo(sequence));
            ForgetThrough(sequence);
        }
    }

    /// <summary>Gives up the first entry that waits, if it is this one, without saying that it has arrived.</summary>
    /// <returns>False while others wait before it.</returns>
    internal bool TryGiveUp(ulong sequence)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var first = FirstWaiting();
            if (first != sequence) return first > sequence; // made room meanwhile, and was counted so

            _recordsUnreadable += LetGo(sequence);
            _position.GiveUp(sequence);
            ForgetThrough(sequence);
            return true;
        }
    }

    /// <summary>Takes what waits up to a number out of the balance.</summary>
    /// <returns>Its records.</returns>
    private long LetGo(ulong sequence)
    {
        var records = 0L;
        foreach (var segment in _segments)
        {
            if (segment.FirstSequence > sequence) break;
            records += Walk(segment, segment == _segments[0] ? _acknowledgedTo : 0, sequence).Records;
        }

        _recordsWaiting -= records;
        return records;
    }

    private void ForgetThrough(ulong sequence)
    {
        RemoveAcknowledged();
        _acknowledgedTo = _segments is [var first, ..] ? Walk(first, 0, sequence).Position : 0;
    }
}

/// <summary>One entry, lent until the reader's next call.</summary>
public readonly ref struct QueueEntry
{
    public required ulong Sequence { get; init; }

    public required long TimeNanos { get; init; }

    public required int Records { get; init; }

    public required uint Kind { get; init; }

    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The number before this one is not the one read last: entries between were given up, or numbering
    /// jumped.</summary>
    public required bool IsAfterGap { get; init; }
}

/// <summary>Goes through a queue from one thread at a time. What it has read it may read again.</summary>
public sealed unsafe class QueueReader : IDisposable
{
    private readonly MmapQueue _queue;
    private QueueSegment? _segment;
    private long _position;
    private ulong _last;
    private bool _isDisposed;

    internal QueueReader(MmapQueue queue, ulong acknowledged)
    {
        _queue = queue;
        _last = acknowledged;
    }

    /// <summary>Reads the next entry, if there is one by now.</summary>
    public bool TryRead(out QueueEntry entry)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        entry = default;
        if (_queue.Find(_last, _segment, _position) is not var (segment, position)) return false;

        if (segment != _segment)
        {
            _segment?.File.Release();
            _segment = segment;
        }

        var head = segment.At(position);
        entry = new QueueEntry
        {
            Sequence = head->Sequence,
            TimeNanos = head->TimeNanos,
            Records = head->Records,
            Kind = head->Kind,
            Payload = segment.Payload(position),
            IsAfterGap = head->Sequence != _last + 1,
        };
        _last = head->Sequence;
        _position = position + EntryHeader.Room(entry.Payload.Length);
        return true;
    }

    /// <summary>The next read is of the entry after this number: what was sent and never acknowledged is sent again.
    /// </summary>
    public void Rewind(ulong after) => _last = after;

    /// <summary>Entries up to this number have arrived for good.</summary>
    public void Acknowledge(ulong sequence) => _queue.Acknowledge(sequence);

    /// <summary>Nobody can use this entry: it goes, and its records count as unreadable. Not before all that came
    /// before it has arrived, for what is acknowledged is one number; until then it is read again.</summary>
    /// <returns>Whether it is gone.</returns>
    public bool TryGiveUp(ulong sequence)
    {
        if (_queue.TryGiveUp(sequence)) return true;

        _last = sequence - 1;
        return false;
    }

    public void Dispose()
    {
        if (_isDisposed) return;

        _isDisposed = true;
        _segment?.File.Release();
        _queue.CloseReader();
    }
}
