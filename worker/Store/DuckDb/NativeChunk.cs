using System.Runtime.InteropServices;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Chunks that belong to DuckDB: the package's handles would free them.</summary>
internal static unsafe partial class NativeChunk
{
    [LibraryImport("duckdb", EntryPoint = "duckdb_data_chunk_get_vector")]
    [SuppressGCTransition]
    public static partial IntPtr Vector(IntPtr chunk, ulong column);

    [LibraryImport("duckdb", EntryPoint = "duckdb_data_chunk_get_size")]
    [SuppressGCTransition]
    public static partial ulong Size(IntPtr chunk);

    [LibraryImport("duckdb", EntryPoint = "duckdb_data_chunk_set_size")]
    [SuppressGCTransition]
    public static partial void SetSize(IntPtr chunk, ulong size);

    /// <summary>Makes a vector's first value that of all rows: the engine then looks at one.</summary>
    public static void MakeConstant(IntPtr vector, byte* data, string type)
    {
        var value = type switch
        {
            "BOOLEAN" => Value(*data != 0),
            "UTINYINT" => Value(*data),
            "USMALLINT" => Value(*(ushort*)data),
            "UINTEGER" => Value(*(uint*)data),
            "UBIGINT" => Value(*(ulong*)data),
            "BIGINT" => Value(*(long*)data),
            "TIMESTAMP_NS" => ValueOfTime(*(long*)data),
            _ => ValueOfText(data),
        };
        ReferTo(vector, value);
        Destroy(ref value);
    }

    /// <summary>Whether all values of a column are one.</summary>
    /// <param name="width">Bytes of a value.</param>
    public static bool IsConstant(byte* data, int width, int count) => width switch
    {
        1 => IsConstant<byte>(data, count),
        2 => IsConstant<ushort>(data, count),
        4 => IsConstant<uint>(data, count),
        8 => IsConstant<ulong>(data, count),
        16 => IsConstant<UInt128>(data, count),
        _ => false,
    };

    private static bool IsConstant<T>(byte* data, int count) where T : unmanaged, IEquatable<T>
    {
        var values = new ReadOnlySpan<T>(data, count);
        return values[0].Equals(values[^1]) && !values.ContainsAnyExcept(values[0]);
    }

    private static IntPtr ValueOfText(byte* data)
    {
        var octets = ((DuckText*)data)->Octets;
        fixed (byte* start = octets) return ValueOfText(start, (ulong)octets.Length);
    }

    [LibraryImport("duckdb", EntryPoint = "duckdb_vector_reference_value")]
    private static partial void ReferTo(IntPtr vector, IntPtr value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_destroy_value")]
    private static partial void Destroy(ref IntPtr value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_bool")]
    private static partial IntPtr Value([MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_uint8")]
    private static partial IntPtr Value(byte value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_uint16")]
    private static partial IntPtr Value(ushort value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_uint32")]
    private static partial IntPtr Value(uint value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_uint64")]
    private static partial IntPtr Value(ulong value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_int64")]
    private static partial IntPtr Value(long value);

    // A structure of one number, which is handed over as the number is.
    [LibraryImport("duckdb", EntryPoint = "duckdb_create_timestamp_ns")]
    private static partial IntPtr ValueOfTime(long value);

    [LibraryImport("duckdb", EntryPoint = "duckdb_create_varchar_length")]
    private static partial IntPtr ValueOfText(byte* text, ulong length);
}
