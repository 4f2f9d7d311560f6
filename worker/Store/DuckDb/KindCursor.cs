using NetSniff.Buffers;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Goes through the rows of one table in order of time.</summary>
internal sealed class KindCursor(DuckRows rows, KindTable table, uint[] peers) : IRecordCursor, IDisposable
{
    private readonly KindReader _reader = new(table, peers);
    private int _row = -1;

    public long TimeNanos { get; private set; }

    public bool Next()
    {
        if (++_row >= rows.Count)
        {
            if (!rows.NextChunk()) return false;
            _row = 0;
        }

        TimeNanos = rows.Column((int)FixedColumn.Time).Get<long>(_row);
        return true;
    }

    public void Write(ByteWriter output) => _reader.Write(rows, _row, output);

    public void Dispose() => rows.Dispose();
}
