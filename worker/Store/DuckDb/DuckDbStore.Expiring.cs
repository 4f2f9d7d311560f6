namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What is too old or too much goes, also where the disk is full.</summary>
public sealed partial class DuckDbStore
{
    /// <summary>An hour too old by more goes even if batches of it are still to come again.</summary>
    private const int UnsettledHoursMax = 24;

    private StoreRetention? _retention;

    /// <summary>How long and how much is kept; another holds from the next look on.</summary>
    public StoreRetention Retention
    {
        get => Volatile.Read(ref _retention) ?? new StoreRetention(_options.AgeMax, _options.BytesMax);
        set => Volatile.Write(ref _retention, value);
    }

    /// <summary>Records that went while the books could not be written.</summary>
    private long _uncounted;

    public long Expire(long nowNanos)
    {
        DuckFiles? files = null;
        var before = Counts.RecordsExpired;
        try
        {
            files = Files;
            CountUncounted(files);
            files.DeleteLeft(mustAll: false);
            foreach (var hour in files.Hours)
            {
                if (!IsOver(files, hour, nowNanos)) break;
                if (MayGo(files, hour, nowNanos)) Expire(files, hour);
            }

            var expired = Counts.RecordsExpired - before;
            // What readers hold on to may still name them.
            if (expired > 0 && !files.IsRead) ForgetWhoIsGone(files, nowNanos);

            return expired;
        }
        catch (DuckException error)
        {
            var failure = Broken(files!, error);
            if (error.IsDisk) DeleteOver(nowNanos);
            // An hour may have gone and been counted before its file could be closed.
            var expired = Counts.RecordsExpired - before;
            return expired > 0 ? expired : throw failure;
        }
        catch (IOException) when (_files is null)
        {
            var freed = DeleteOver(nowNanos);
            if (freed == 0) throw;
            return freed;
        }
    }

    private void ForgetWhoIsGone(DuckFiles files, long nowNanos)
    {
        var (peers, names) = (files.Books.Peers, files.Books.Names);
        if (files.BooksFile.Records == 0)
        {
            names.Settle(Partition.HourOf(nowNanos));
            names.Write();
        }

        peers.Forget(OldestHour(files));
        names.Forget(OldestHour(files));
    }

    /// <summary>Where not even the books can be written the hours' files go first: nothing else makes room. They are
    /// counted as soon as the books can be.</summary>
    /// <returns>Records dropped.</returns>
    private long DeleteOver(long nowNanos)
    {
        var files = _known;
        var deleted = 0L;
        foreach (var hour in files.Hours)
        {
            if (!IsOver(files, hour, nowNanos)) break;
            if (!MayGo(files, hour, nowNanos)) continue;
            PartitionFile.Delete(hour);
            files.Forget(hour);
            deleted += hour.Records;
        }

        Interlocked.Add(ref _uncounted, deleted);
        return deleted;
    }

    private void CountUncounted(DuckFiles files)
    {
        var records = Volatile.Read(ref _uncounted);
        if (records == 0) return;
        files.Books.CountGone(records, 0);
        files.Books.Keep(records, 0);
        Interlocked.Add(ref _uncounted, -records);
    }

    private bool IsOver(DuckFiles files, Partition hour, long nowNanos) =>
        hour.Hour < OldestKept(nowNanos) || files.All.Sum(file => file.BytesOnDisk()) > Retention.BytesMax;

    /// <summary>Whether all the file's batches are stored everywhere: those of a commit that failed half-way come
    /// again, and the file should be there to know them. Some never come, and nothing stays for ever.</summary>
    private bool MayGo(DuckFiles files, Partition hour, long nowNanos) =>
        hour.Hour < OldestKept(nowNanos) - UnsettledHoursMax
        || hour.Marks.All(mark => files.BooksFile.Marks.GetValueOrDefault(mark.Key) >= mark.Value);

    private long OldestKept(long nowNanos) =>
        Partition.HourOf(nowNanos - (long)(Retention.AgeMax.TotalMilliseconds * 1e6));

    private long OldestHour(DuckFiles files)
    {
        var now = Partition.HourOf(NowNanos());
        return files.Hours is [var first, ..] ? Math.Min(first.Hour, now) : now;
    }

    private static void Expire(DuckFiles files, Partition hour)
    {
        var records = hour.Records;
        files.Writer.Run("BEGIN");
        files.Books.CountGone(records, 0);
        files.Books.MarkDropped(hour.Hour);
        files.Writer.Run("COMMIT");
        files.Books.Keep(records, 0);
        files.Drop(hour);
    }
}
