using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Detection;

/// <summary>Looks at every record and says what it finds. One thread; no clock: all time is that of records.</summary>
public abstract class Detector
{
    public abstract string Name { get; }

    /// <summary>A record that matches nothing costs no allocation.</summary>
    /// <param name="findings">Its context is the record already.</param>
    public abstract void OnRecord(RecordView record, FindingSink findings);

    /// <summary>What it counted, its losses among it. Any thread may ask.</summary>
    public abstract IEnumerable<LedgerLine> Ledger();
}
