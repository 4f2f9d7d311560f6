using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>One conversation with the database: one transaction and one streaming result at a time. One thread, but
/// for <see cref="Interrupt"/>.</summary>
internal sealed class DuckConnection(DuckDBNativeConnection handle) : IDisposable
{
    public DuckDBNativeConnection Handle { get; } = handle;

    /// <summary>Runs statements whose answer nobody wants.</summary>
    public void Run(string sql)
    {
        var state = Query.DuckDBQuery(Handle, sql, out var result);
        try
        {
            if (state != DuckDBState.Success) throw ErrorOf(ref result);
        }
        finally
        {
            Query.DuckDBDestroyResult(ref result);
        }
    }

    /// <summary>Runs one statement and gives its rows as they come, so that no answer has to fit into memory.</summary>
    public DuckRows Ask(string sql)
    {
        var state = PreparedStatements.DuckDBPrepare(Handle, sql, out var statement);
        using (statement)
        {
            if (state != DuckDBState.Success) throw PrepareError(statement);
            if (PreparedStatements.DuckDBExecutePreparedStreaming(statement, out var result) != DuckDBState.Success)
            {
                var error = ErrorOf(ref result);
                Query.DuckDBDestroyResult(ref result);
                throw error;
            }

            return new DuckRows(result);
        }
    }

    /// <summary>Says what is wrong with a statement without running it.</summary>
    public void Check(string sql)
    {
        var state = PreparedStatements.DuckDBPrepare(Handle, sql, out var statement);
        using (statement)
        {
            if (state != DuckDBState.Success) throw PrepareError(statement);
        }
    }

    /// <summary>The one number that a statement answers with; 0 for NULL.</summary>
    public long Number(string sql)
    {
        using var rows = Ask($"SELECT CAST(({sql}) AS BIGINT)");
        return rows.NextChunk() && rows.Column(0).IsValid(0) ? rows.Column(0).Get<long>(0) : 0;
    }

    public void Interrupt() => Startup.DuckDBInterrupt(Handle);

    public void Dispose() => Handle.Dispose();

    public static unsafe DuckException ErrorOf(ref DuckDBResult result)
    {
        var message = Query.DuckDBResultError(ref result) ?? "no reason given";
        return new DuckException(Query.DuckDBResultErrorType(ref result), message);
    }

    private static DuckException PrepareError(DuckDBPreparedStatement statement)
    {
        var message = PreparedStatements.DuckDBPrepareError(statement) ?? "no reason given";
        return new DuckException(TypeIn(message), message);
    }

    /// <summary>A statement that could not be prepared gives its kind of error in the text alone.</summary>
    private static DuckDBErrorType TypeIn(string message) => message.Split(' ')[0] switch
    {
        "Permission" => DuckDBErrorType.Permission,
        "IO" => DuckDBErrorType.Io,
        "INTERRUPT" => DuckDBErrorType.Interrupt,
        "FATAL" => DuckDBErrorType.Fatal,
        "Catalog" => DuckDBErrorType.Catalog,
        _ => DuckDBErrorType.Binder,
    };
}
