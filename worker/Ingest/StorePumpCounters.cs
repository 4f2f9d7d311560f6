using NetSniff.Pipeline;

namespace NetSniff.Worker.Ingest;

/// <summary>What went from a log into a store. What is not committed yet counts only once it is: after a failure it is
/// read again. One thread writes, anybody may read.</summary>
internal sealed class StorePumpCounters
{
    /// <summary>Since the last commit.</summary>
    public long Read;
    public long Appended;
    public long Again;
    public long Damaged;
    public long GivenUp;

    /// <summary>Entries that hold no records to count them by: retractions that cannot be read or done, kinds of later
    /// versions.</summary>
    public long Passed;

    /// <summary>Columns of batches that say what is not known here.</summary>
    public long Columns;

    public long Expired;
    public long Retracted;
    public long Failures;
    private long _read;
    private long _stored;
    private long _again;
    private long _damaged;
    private long _givenUp;
    private long _passed;
    private long _columns;

    public long Stored => Volatile.Read(ref _stored);

    public void Settle()
    {
        _read += Read + GivenUp;
        _stored += Appended;
        _again += Again;
        _damaged += Damaged;
        _givenUp += GivenUp;
        _passed += Passed;
        _columns += Columns;
        Forget();
    }

    public void Forget() => Read = Appended = Again = Damaged = GivenUp = Passed = Columns = 0;

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("store", "records in", _read, false);
        yield return new("store", "records stored", _stored, false);
        yield return new("store", "records that were stored already", _again, false);
        yield return new("store", "records damaged or of unknown kinds", _damaged, true);
        yield return new("store", "records the store could not take", _givenUp, true);
        yield return new("store", "entries of the log passed over", _passed, true);
        yield return new("store", "columns of fields unknown here", _columns, false);
        yield return new("store", "batches taken back", Retracted, false);
        yield return new("store", "records expired", Expired, false);
        yield return new("store", "failures of the store", Failures, false);
    }
}
