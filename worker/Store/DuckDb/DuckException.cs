using DuckDB.NET.Native;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What DuckDB says went wrong.</summary>
internal sealed class DuckException(DuckDBErrorType type, string message) : Exception(message)
{
    private static readonly string[] s_damages =
        ["not a valid DuckDB database file", "corrupt", "checksum", "could not read enough bytes"];

    public DuckDBErrorType Type { get; } = type;

    /// <summary>The disk, not the query: full, gone, or the database gave itself up because of it.</summary>
    public bool IsDisk => Type is DuckDBErrorType.Io or DuckDBErrorType.Fatal or DuckDBErrorType.Internal
        or DuckDBErrorType.Transaction or DuckDBErrorType.OutOfMemory
        || Message.Contains("No space left", StringComparison.Ordinal)
        || Message.Contains("invalidated", StringComparison.Ordinal);

    /// <summary>The file holds something else than what was written.</summary>
    public bool IsDamage => s_damages.Any(damage => Message.Contains(damage, StringComparison.OrdinalIgnoreCase))
        && !Message.Contains("No space left", StringComparison.Ordinal);

    public bool IsInterrupt => Type == DuckDBErrorType.Interrupt;
}
