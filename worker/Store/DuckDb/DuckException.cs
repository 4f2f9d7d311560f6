using DuckDB.NET.Native;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What DuckDB says went wrong.</summary>
internal sealed class DuckException(DuckDBErrorType type, string message) : Exception(message)
{
    public DuckDBErrorType Type { get; } = type;

    /// <summary>The disk, not the query: full, gone, or the database gave itself up because of it.</summary>
    public bool IsDisk => Type is DuckDBErrorType.Io or DuckDBErrorType.Fatal or DuckDBErrorType.Internal
        or DuckDBErrorType.Transaction or DuckDBErrorType.OutOfMemory
        || Message.Contains("No space left", StringComparison.Ordinal)
        || Message.Contains("invalidated", StringComparison.Ordinal);

    public bool IsInterrupt => Type == DuckDBErrorType.Interrupt;
}
