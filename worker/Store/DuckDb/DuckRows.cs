using System.Runtime.CompilerServices;
using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>The rows of an answer, chunk by chunk.</summary>
internal sealed class DuckRows : IDisposable
{
    private DuckDBResult _result;
    private DuckDBDataChunk? _chunk;
    private readonly DuckVector[] _columns;

    public DuckRows(DuckDBResult result)
    {
        _result = result;
        _columns = new DuckVector[(int)Query.DuckDBColumnCount(ref _result)];
    }

    /// <summary>Rows of the chunk.</summary>
    public int Count { get; private set; }

    public int ColumnCount => _columns.Length;

    public string Name(int column) => Query.DuckDBColumnName(ref _result, column) ?? "";

    /// <summary>Valid until the next chunk.</summary>
    public ref readonly DuckVector Column(int column) => ref _columns[column];

    /// <summary>Goes on to the next chunk that has rows.</summary>
    public bool NextChunk()
    {
        do
        {
            _chunk?.Dispose();
            _chunk = Query.DuckDBFetchChunk(_result);
            if (_chunk.IsInvalid) return ThrowOnError();

            Count = (int)DataChunks.DuckDBDataChunkGetSize(_chunk);
        }
        while (Count == 0);
        for (var column = 0; column < _columns.Length; column++)
        {
            _columns[column] = new DuckVector(DataChunks.DuckDBDataChunkGetVector(_chunk, column));
        }

        return true;
    }

    public void Dispose()
    {
        _chunk?.Dispose();
        Query.DuckDBDestroyResult(ref _result);
    }

    private bool ThrowOnError()
    {
        Count = 0;
        if (Query.DuckDBResultErrorType(ref _result) == DuckDBErrorType.Invalid) return false;
        throw DuckConnection.ErrorOf(ref _result);
    }
}

/// <summary>One column of a chunk: values side by side, and a bit for each that is there.</summary>
internal readonly unsafe struct DuckVector
{
    private readonly IntPtr _vector;
    private readonly byte* _values;
    private readonly ulong* _validity;

    public DuckVector(IntPtr vector)
    {
        _vector = vector;
        _values = (byte*)Vectors.DuckDBVectorGetData(vector);
        _validity = Vectors.DuckDBVectorGetValidity(vector);
    }

    /// <summary>What the lists of a list column are cut from.</summary>
    public DuckVector Child => new(Vectors.DuckDBListVectorGetChild(_vector));

    public bool IsValid(int row) => _validity is null || (_validity[row >> 6] >> (row & 63) & 1) != 0;

    public T Get<T>(int row) where T : unmanaged => ((T*)_values)[row];

    /// <summary>The elements of a list of texts.</summary>
    public string[] Texts(int row)
    {
        if (!IsValid(row)) return [];
        var list = Get<DuckDBListEntry>(row);
        var child = Child;
        var texts = new string[list.Length];
        for (var index = 0; index < texts.Length; index++)
        {
            texts[index] = System.Text.Encoding.UTF8.GetString(child.Text((int)list.Offset + index));
        }

        return texts;
    }

    public ReadOnlySpan<byte> Text(int row) => ((DuckText*)_values)[row].Octets;
}

/// <summary>A text as DuckDB keeps it: up to twelve octets in place, else the first four and where the rest is.
/// </summary>
[InlineArray(16)]
internal struct DuckText
{
    public const int InPlaceMax = 12;

    private byte _first;

    public unsafe ReadOnlySpan<byte> Octets
    {
        get
        {
            var start = (byte*)Unsafe.AsPointer(ref _first);
            var length = *(int*)start;
            return new ReadOnlySpan<byte>(length <= InPlaceMax ? start + 4 : *(byte**)(start + 8), length);
        }
    }

    /// <summary>Refers to octets that must stay where they are until the chunk was appended.</summary>
    public static unsafe void Set(byte* target, byte* octets, int length)
    {
        *(int*)target = length;
        if (length > InPlaceMax)
        {
            *(int*)(target + 4) = *(int*)octets;
            *(byte**)(target + 8) = octets;
            return;
        }

        *(ulong*)(target + 4) = 0;
        *(uint*)(target + 12) = 0;
        Buffer.MemoryCopy(octets, target + 4, InPlaceMax, length);
    }
}
