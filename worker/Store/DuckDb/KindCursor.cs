using NetSniff.Buffers;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Goes through the rows of one table in order of time.</summary>
internal sealed class KindCursor(DuckRows rows, KindReader reader) : IRecordCursor, IDisposable
{
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

    public void Write(ByteWriter output) => reader.Write(rows, _row, output);

    public void Dispose() => rows.Dispose();
}
