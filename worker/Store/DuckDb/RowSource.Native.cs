using System.Runtime.InteropServices;
using DuckDB.NET.Native;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>The engine's words for table functions. The package's own take handles that would free what is
/// lent.</summary>
internal static unsafe partial class RowSource
{
    private const string Library = "duckdb";

    [LibraryImport(Library, EntryPoint = "duckdb_create_table_function")]
    private static partial IntPtr Create();

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_table_function")]
    private static partial void Destroy(ref IntPtr function);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_name", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void SetName(IntPtr function, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_add_parameter")]
    private static partial void AddParameter(IntPtr function, IntPtr type);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_bind")]
    private static partial void SetBind(IntPtr function, delegate* unmanaged[Cdecl]<IntPtr, void> body);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_init")]
    private static partial void SetInit(IntPtr function, delegate* unmanaged[Cdecl]<IntPtr, void> body);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_function")]
    private static partial void SetFunction(IntPtr function, delegate* unmanaged[Cdecl]<IntPtr, IntPtr, void> body);

    [LibraryImport(Library, EntryPoint = "duckdb_register_table_function")]
    private static partial DuckDBState Register(IntPtr connection, IntPtr function);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_get_parameter")]
    private static partial IntPtr BindParameter(IntPtr info, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_get_uint64")]
    private static partial ulong ValueNumber(IntPtr value);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_value")]
    private static partial void DestroyValue(ref IntPtr value);

    [LibraryImport(
        Library, EntryPoint = "duckdb_bind_add_result_column", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void AddColumn(IntPtr info, string name, IntPtr type);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_set_bind_data")]
    private static partial void SetBindData(IntPtr info, IntPtr value, IntPtr destroy);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_set_error", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void BindError(IntPtr info, string message);

    [LibraryImport(Library, EntryPoint = "duckdb_function_get_bind_data")]
    private static partial IntPtr BindData(IntPtr info);

    [LibraryImport(Library, EntryPoint = "duckdb_function_set_error", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void FunctionError(IntPtr info, string message);
}
