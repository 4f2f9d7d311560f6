using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Texts, lists, and the way of a chunk to DuckDB.</summary>
internal sealed unsafe partial class KindWriter
{
    private void SetText(byte* target, byte* octets, int length)
    {
        var text = new ReadOnlySpan<byte>(octets, length);
        if (!Octets.IsPlain(text))
        {
            var kept = _scratch.Take(Octets.GrowthMax * length);
            length = Octets.Keep(text, new Span<byte>(kept, Octets.GrowthMax * length));
            octets = kept;
        }

        DuckText.Set(target, octets, length);
    }

    private void AddTexts(int column, int row, byte* at, int count)
    {
        var child = ChildRoom(column, row, count);
        for (var index = 0; index < count; index++)
        {
            int length = *(ushort*)at;
            SetText(child + 16 * index, at + 2, length);
            at += 2 + length;
        }
    }

    private void AddNumbers(int column, int row, byte* at, int count) =>
        Buffer.MemoryCopy(at, ChildRoom(column, row, count, sizeof(ulong)), 8L * count, 8L * count);

    /// <summary>Notes a row's list and gives the place of its first element.</summary>
    private byte* ChildRoom(int column, int row, int count, int size = 16)
    {
        var start = _listed[column];
        ((DuckDBListEntry*)_data[column])[row] = new DuckDBListEntry((ulong)start, (ulong)count);
        _listed[column] = start + count;
        if (_listed[column] > _listRoom[column])
        {
            _listRoom[column] = Math.Max(2 * _listed[column], RowsMax);
            Vectors.DuckDBListVectorReserve(_vectors[column], (ulong)_listRoom[column]);
        }

        var child = Vectors.DuckDBListVectorGetChild(_vectors[column]);
        return (byte*)Vectors.DuckDBVectorGetData(child) + (long)size * start;
    }

    private void FinishChunk(IntPtr chunk)
    {
        if (_rows > 0)
        {
            for (var column = 0; column < _vectors.Length; column++)
            {
                if (_places[column] < 0) continue;
                var isAllThere = column < s_fixed
                    ? SetValidity(_vectors[column], _fixedThere, column)
                    : SetValidity(_vectors[column], _fieldsThere, column - s_fixed);
                if (_listRoom[column] > 0) Vectors.DuckDBListVectorSetSize(_vectors[column], (ulong)_listed[column]);
                if (isAllThere && NativeChunk.IsConstant(_data[column], _widths[column], _rows))
                {
                    NativeChunk.MakeConstant(_vectors[column], _data[column], _types[column]);
                }
            }
        }

        NativeChunk.SetSize(chunk, (ulong)_rows);
    }

    /// <summary>Turns a bit of each row into a column of bits, where not all rows have it.</summary>
    /// <returns>Whether all have it.</returns>
    private bool SetValidity(IntPtr vector, ulong[] there, int bit)
    {
        var rows = there.AsSpan(0, _rows);
        var all = ulong.MaxValue;
        foreach (var one in rows) all &= one;
        if ((all >> bit & 1) != 0) return true;

        Vectors.DuckDBVectorEnsureValidityWritable(vector);
        var validity = Vectors.DuckDBVectorGetValidity(vector);
        for (var word = 0; 64 * word < rows.Length; word++)
        {
            var bits = 0ul;
            var part = rows[(64 * word)..Math.Min(64 * word + 64, rows.Length)];
            for (var row = 0; row < part.Length; row++) bits |= (part[row] >> bit & 1) << row;
            validity[word] = bits;
        }

        return false;
    }

    private void FindVectors(IntPtr chunk)
    {
        for (var column = 0; column < _places.Length; column++)
        {
            _listed[column] = 0;
            _listRoom[column] = 0;
            _data[column] = _nowhere;
            if (_places[column] < 0) continue;
            _vectors[column] = NativeChunk.Vector(chunk, (ulong)_places[column]);
            _data[column] = (byte*)Vectors.DuckDBVectorGetData(_vectors[column]);
        }
    }

    /// <summary>Bytes of a value, or 0 of what is never looked at for being one over and over.</summary>
    private static int WidthOf(string type) => type switch
    {
        "BOOLEAN" or "UTINYINT" => 1,
        "USMALLINT" => 2,
        "UINTEGER" => 4,
        "UBIGINT" or "BIGINT" or "TIMESTAMP_NS" => 8,
        "VARCHAR" => 16,
        _ => 0,
    };
}
