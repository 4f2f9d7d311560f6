using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Names of a store's own numbers, in SQL: `name_text(NUMBER)`.</summary>
/// <remarks>DuckDB calls from its own threads and must never see an exception.</remarks>
internal static unsafe partial class SqlNames
{
    private const string Name = "name_text";

    private static readonly ConcurrentDictionary<ulong, NameBook> s_books = new();
    private static ulong s_last;

    /// <summary>Gives an engine the names of a book.</summary>
    /// <returns>What <see cref="TakeBack"/> takes.</returns>
    public static ulong Register(DuckConnection connection, NameBook book)
    {
        var number = Interlocked.Increment(ref s_last);
        s_books[number] = book;
        using var text = LogicalType.DuckDBCreateLogicalType(DuckDBType.Varchar);
        using var own = LogicalType.DuckDBCreateLogicalType(DuckDBType.UnsignedInteger);
        SqlFunctions.Add(connection, Name, text, &Write, [own], function => SetExtra(function, (IntPtr)number, 0));
        return number;
    }

    public static void TakeBack(ulong number) => s_books.TryRemove(number, out _);

    public static string Call(string column) => $"{Name}({column})";

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Write(IntPtr info, IntPtr input, IntPtr output)
    {
        var (numbers, rows) = SqlFunctions.Argument(input, 0);
        var texts = s_books.TryGetValue((ulong)Extra(info), out var book) ? book.Texts : [];
        var target = (UInt128*)Vectors.DuckDBVectorGetData(output);
        ulong* validity = null;
        for (var row = 0; row < rows; row++)
        {
            var number = numbers.IsValid(row) ? numbers.Get<uint>(row) : NameBook.None;
            // A copy: the writer may forget the name between two looks at its place.
            var text = number < texts.Length ? texts[number] : NameText.None;
            if (text.IsThere)
            {
                target[row] = text.Whole;
                continue;
            }

            if (validity is null)
            {
                Vectors.DuckDBVectorEnsureValidityWritable(output);
                validity = Vectors.DuckDBVectorGetValidity(output);
            }

            validity[row >> 6] &= ~(1ul << (row & 63));
            target[row] = default;
        }
    }

    [LibraryImport("duckdb", EntryPoint = "duckdb_scalar_function_set_extra_info")]
    private static partial void SetExtra(IntPtr function, IntPtr extra, IntPtr destroy);

    [LibraryImport("duckdb", EntryPoint = "duckdb_scalar_function_get_extra_info")]
    private static partial IntPtr Extra(IntPtr info);
}
