using NetSniff.Records;

namespace NetSniff.Cli.Commands.Top;

/// <summary>The last records, so that a filter has something to show at once. The oldest make room.</summary>
internal sealed class RecentRecords
{
    /// <summary>Bytes of records kept.</summary>
    public const int BytesMax = 16 << 20;

    private const int PageBytes = 1 << 20;

    private readonly Queue<(byte[] Bytes, int Used)> _full = [];
    private byte[] _page = [];
    private int _used;

    public void Add(RecordView record)
    {
        var bytes = record.Bytes[..record.Header.Length];
        if (_page.Length - _used < bytes.Length) Turn();
        bytes.CopyTo(_page.AsSpan(_used));
        _used += bytes.Length;
    }

    /// <summary>Whole records one after the other, the oldest first.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pages()
    {
        foreach (var (bytes, used) in _full) yield return bytes.AsMemory(0, used);
        yield return _page.AsMemory(0, _used);
    }

    private void Turn()
    {
        if (_used > 0) _full.Enqueue((_page, _used));
        _page = _full.Count >= BytesMax / PageBytes ? _full.Dequeue().Bytes : new byte[PageBytes];
        _used = 0;
    }
}
