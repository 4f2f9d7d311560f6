using NetSniff.Buffers;
using NetSniff.Records;

namespace NetSniff.Worker.Store;

/// <summary>Hands records on in portions. The last so many are found from the end and must be turned around first.
/// </summary>
internal sealed class RecordOutput(RecordConsumer consumer, int countMax, bool isLast) : IDisposable
{
    /// <summary>Bytes of records that are held to be turned around; more cuts the answer.</summary>
    private const int TurnedBytesMax = 256 << 20;

    private const int PortionBytes = 256 << 10;

    private readonly ByteWriter _records = new(PortionBytes);
    private readonly List<int> _starts = [];
    private int _count;
    private int _inPortion;

    public bool IsLast { get; } = isLast;

    /// <summary>One more than wanted was seen, or memory is full.</summary>
    public bool IsCut { get; private set; }

    public bool IsFull => IsCut;

    /// <summary>Rows to ask for: one more than are wanted tells that there are more.</summary>
    public long Wanted => (long)countMax - _count + 1;

    public void Add(IRecordCursor cursor)
    {
        if (_count == countMax || (IsLast && _records.Length > TurnedBytesMax))
        {
            IsCut = true;
            return;
        }

        if (IsLast) _starts.Add(_records.Length);
        cursor.Write(_records);
        _count++;
        _inPortion++;
        if (!IsLast && _records.Length >= PortionBytes) Flush();
    }

    public void Finish()
    {
        if (!IsLast)
        {
            Flush();
            return;
        }

        var turned = new ByteWriter(PortionBytes);
        var (end, count) = (_records.Length, 0);
        for (var index = _starts.Count - 1; index >= 0; index--)
        {
            turned.Put(_records.Written[_starts[index]..end]);
            end = _starts[index];
            count++;
            if (turned.Length < PortionBytes && index > 0) continue;

            consumer.Consume(turned.Written, count);
            turned.Clear();
            count = 0;
        }
    }

    public void Dispose() => _records.Clear();

    private void Flush()
    {
        if (_inPortion > 0) consumer.Consume(_records.Written, _inPortion);
        _records.Clear();
        _inPortion = 0;
    }
}

/// <summary>Stands at a record that can be written out.</summary>
internal interface IRecordCursor
{
    void Write(ByteWriter output);
}
