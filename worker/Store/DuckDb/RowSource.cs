using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Native;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Records as a table that DuckDB reads from: `INSERT INTO … SELECT * FROM waiting_rows(NUMBER)`.</summary>
/// <remarks>An appender gathers a copy of 204,800 rows before the table sees the first. Here the table takes each chunk
/// where it was filled. DuckDB calls from its own threads and must never see an exception.</remarks>
internal static unsafe partial class RowSource
{
    private const string Name = "waiting_rows";

    private static readonly ConcurrentDictionary<ulong, KindWriter> s_lent = new();
    private static ulong s_last;

    public static void Register(DuckConnection connection)
    {
        var function = Create();
        try
        {
            SetName(function, Name);
            using (var number = NativeMethods.LogicalType.DuckDBCreateLogicalType(DuckDBType.UnsignedBigInt))
            {
                AddParameter(function, number.DangerousGetHandle());
            }

            SetBind(function, &Bind);
            SetInit(function, &Init);
            SetFunction(function, &Fill);
            if (Register(connection.Handle.DangerousGetHandle(), function) != DuckDBState.Success)
            {
                throw new InvalidOperationException($"{Name} could not be registered");
            }
        }
        finally
        {
            Destroy(ref function);
        }
    }

    /// <summary>Puts all rows of a writer into a table, in their order.</summary>
    /// <param name="strangers">Columns of newer software: what they are by default is not ours to say.</param>
    public static void Insert(
        DuckConnection connection, string table, KindWriter rows, IReadOnlyCollection<string> strangers)
    {
        var number = Interlocked.Increment(ref s_last);
        s_lent[number] = rows;
        try
        {
            var columns = string.Join(
                ", ", rows.Columns.Select(column => column.Name).Concat(strangers).Select(SqlText.Name));
            var nothing = string.Concat(Enumerable.Repeat(", NULL", strangers.Count));
            connection.Run($"INSERT INTO {table} ({columns}) SELECT *{nothing} FROM {Name}({number}::UBIGINT)");
        }
        finally
        {
            s_lent.TryRemove(number, out _);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "the caller is native")]
    private static void Bind(IntPtr info)
    {
        try
        {
            var value = BindParameter(info, 0);
            var number = ValueNumber(value);
            DestroyValue(ref value);
            if (s_lent.TryGetValue(number, out var rows)) Describe(info, number, rows);
            else BindError(info, "there are no such rows");
        }
        catch (Exception failure)
        {
            BindError(info, failure.Message);
        }
    }

    private static void Describe(IntPtr info, ulong number, KindWriter rows)
    {
        foreach (var (name, type) in rows.Columns)
        {
            using var native = TypeOf(type);
            AddColumn(info, name, native.DangerousGetHandle());
        }

        SetBindData(info, (IntPtr)number, IntPtr.Zero);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Init(IntPtr info)
    {
        // Nothing is kept beside the rows themselves; without it the engine does not take the function.
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "the caller is native")]
    private static void Fill(IntPtr info, IntPtr chunk)
    {
        try
        {
            if (s_lent.TryGetValue((ulong)BindData(info), out var rows)) rows.Fill(chunk);
            else FunctionError(info, "the rows are gone");
        }
        catch (Exception failure)
        {
            FunctionError(info, failure.Message);
        }
    }

    private static DuckDBLogicalType TypeOf(string type)
    {
        if (type.EndsWith("[]", StringComparison.Ordinal))
        {
            using var element = TypeOf(type[..^2]);
            return NativeMethods.LogicalType.DuckDBCreateListType(element);
        }

        return NativeMethods.LogicalType.DuckDBCreateLogicalType(type switch
        {
            "BOOLEAN" => DuckDBType.Boolean,
            "UTINYINT" => DuckDBType.UnsignedTinyInt,
            "USMALLINT" => DuckDBType.UnsignedSmallInt,
            "UINTEGER" => DuckDBType.UnsignedInteger,
            "UBIGINT" => DuckDBType.UnsignedBigInt,
            "BIGINT" => DuckDBType.BigInt,
            "UHUGEINT" => DuckDBType.UnsignedHugeInt,
            "TIMESTAMP_NS" => DuckDBType.TimestampNs,
            "BLOB" => DuckDBType.Blob,
            _ => DuckDBType.Varchar,
        });
    }
}
