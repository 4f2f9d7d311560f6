using System.Runtime.InteropServices;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Chunks that belong to DuckDB: the package's handles would free them.</summary>
internal static partial class NativeChunk
{
    [LibraryImport("duckdb", EntryPoint = "duckdb_data_chunk_get_vector")]
    [SuppressGCTransition]
    public static partial IntPtr Vector(IntPtr chunk, ulong column);

    [LibraryImport("duckdb", EntryPoint = "duckdb_data_chunk_get_size")]
    [SuppressGCTransition]
    public static partial ulong Size(IntPtr chunk);
}
