using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Detection;

/// <summary>Shows records to every detector, in order, and gathers what they find. One thread; any may ask for the
/// ledger.</summary>
public sealed class DetectionRun
{
    private readonly FindingSink _findings = new();
    private Detector[] _detectors;
    private long _records;

    public DetectionRun(params IEnumerable<Detector> detectors) => _detectors = [.. detectors];

    /// <summary>What the last call found, until the next.</summary>
    public ReadOnlySpan<byte> Findings => _findings.Bytes;

    public int FindingsCount => _findings.Count;

    /// <summary>Puts other detectors in the place of those there are, between two calls.</summary>
    public void Replace(params IEnumerable<Detector> detectors) => Volatile.Write(ref _detectors, [.. detectors]);

    /// <param name="position">Where the first record stands, as the host counts; the next has the next number.</param>
    public void Run(ReadOnlySpan<byte> records, ulong position)
    {
        _findings.Clear();
        var count = 0;
        foreach (var record in new RecordWalker(records)) Look(record, position + (ulong)count++);
        Volatile.Write(ref _records, _records + count);
    }

    /// <summary>One record, whose findings are taken away by the next call.</summary>
    public void Run(RecordView record, ulong position)
    {
        if (_findings.Count > 0) _findings.Clear();
        Look(record, position);
        Volatile.Write(ref _records, _records + 1);
    }

    public IEnumerable<LedgerLine> Ledger()
    {
        yield return new("detect", "records looked at", Volatile.Read(ref _records), false);
        yield return new("detect", "findings", _findings.Emitted, false);
        yield return new("detect", "findings without room", _findings.Dropped, true);
        foreach (var line in Volatile.Read(ref _detectors).SelectMany(static detector => detector.Ledger()))
        {
            yield return line;
        }
    }

    private void Look(RecordView record, ulong position)
    {
        _findings.Begin(record, position);
        foreach (var detector in _detectors) detector.OnRecord(record, _findings);
    }
}
