using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>What goes: hours that are too old or too much, and batches that another worker has.</summary>
public sealed partial class ClickHouseStore
{
    private StoreRetention? _retention;

    private static readonly TimeSpan s_deletionWait = TimeSpan.FromSeconds(5);

    public void Retract(LaneId lane, IReadOnlyList<ulong> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0) return;
        Commit();
        var session = Session;
        try
        {
            var number = session.Books.Number(lane);
            session.Books.WriteLanes(session.Commit);
            session.Books.Refuse(number, sequences);
            var mark = session.Books.Marks.GetValueOrDefault(number);
            var here = sequences.Where(sequence => sequence <= mark).Distinct().ToList();
            if (here.Count > 0) Delete(session, number, here);
        }
        catch (Exception error) when (error is ClickException or StolenException)
        {
            throw Broken(error);
        }
    }

    /// <summary>How long and how much is kept; another holds from the next look on.</summary>
    public StoreRetention Retention
    {
        get => Volatile.Read(ref _retention) ?? new StoreRetention(_options.AgeMax, _options.BytesMax);
        set => Volatile.Write(ref _retention, value);
    }

    public long Expire(long nowNanos)
    {
        var session = Session;
        try
        {
            ForgetLeft(session, TimeSpan.Zero);
            var before = session.Books.Expired;
            var bytes = session.BytesByHour();
            var total = bytes.Values.Sum();
            var oldest = Partition.HourOf(nowNanos - (long)(Retention.AgeMax.TotalMilliseconds * 1e6));
            foreach (var hour in _picture.Hours)
            {
                if (hour >= oldest && total <= Retention.BytesMax) break;
                _picture = Drop(session, _picture, hour);
                total -= bytes.GetValueOrDefault(hour);
            }

            _picture = _picture with { BytesOnDisk = total };
            var expired = session.Books.Expired - before;
            if (expired > 0) session.Books.Peers.Forget(_picture.Hours is [var first, ..] ? first : oldest);
            return expired;
        }
        catch (Exception error) when (error is ClickException or StolenException)
        {
            throw Broken(error);
        }
    }

    /// <summary>A server deletes rows when it comes to it, by writing all parts anew that have some: until then they
    /// are left out by whoever reads.</summary>
    private void Delete(ClickSession session, uint lane, List<ulong> batches)
    {
        var where = ClickBooks.Among(batches.Select(batch => (lane, batch)));
        List<ClickTable> touched = [];
        foreach (var table in _tables.All.Where(table => _picture.Spans.ContainsKey(table.Name)))
        {
            var count = session.Count(table, $"({_picture.Settled}) AND {where}");
            if (count == 0) continue;
            session.Books.CountGone(table.Name, -1L - lane, batches.Max(), 0, count, session.Commit);
            session.Delete(table, where, TimeSpan.Zero);
            touched.Add(table);
        }

        session.Leaving.UnionWith(batches.Select(batch => (lane, batch)));
        var settled = session.Settled(session.Last);
        var picture = _picture with { Retracted = session.Books.Retracted, Settled = settled };
        foreach (var table in touched)
        {
            picture = picture with { Spans = picture.Spans.SetItem(table.Name, session.Spans(table, settled)) };
        }

        _picture = picture;
        ForgetLeft(session, s_deletionWait);
    }

    /// <summary>Once rows that were taken back are gone nothing needs to leave them out.</summary>
    private void ForgetLeft(ClickSession session, TimeSpan wait)
    {
        if (session.Leaving.Count == 0 || !session.AwaitDeletions(wait)) return;
        session.ForgetLeaving();
        _picture = _picture with { Settled = session.Settled(session.Last) };
    }

    private Picture Drop(ClickSession session, Picture picture, int hour)
    {
        foreach (var table in _tables.All)
        {
            var records = picture.SpanOf(table.Name, hour).Records;
            if (records == 0) continue;
            session.Books.CountGone(table.Name, hour, session.Last, records, 0, session.Commit);
            session.Drop(table, hour);
        }

        return picture.Without(hour) with { Expired = session.Books.Expired };
    }

    /// <summary>Strays are few unless a clock is badly wrong; then the newest push out all that were before.</summary>
    private Picture MakeRoomForStrays(ClickSession session, Picture picture)
    {
        var held = picture.Spans.Values.Sum(hours => hours.GetValueOrDefault(0).Records);
        var coming = _spans.Where(span => span.Key.Hour == 0).Sum(span => span.Value.Records);
        return held == 0 || held + coming <= _options.StraysMax ? picture : Drop(session, picture, 0);
    }
}
