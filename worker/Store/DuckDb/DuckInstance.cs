using System.Globalization;
using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>The database engine, set up once and locked: it reaches the files of its folder and nothing else, loads no
/// extensions, and nobody can change that afterwards.</summary>
internal sealed class DuckInstance : IDisposable
{
    private readonly DuckDBDatabase _database;

    public DuckInstance(DuckDbOptions options)
    {
        var folder = Path.GetFullPath(options.Folder);
        var spill = Path.Combine(folder, "spill");
        Configuration.DuckDBCreateConfig(out var config);
        using (config)
        {
            Set(config, "threads", Math.Max(1, options.Threads));
            Set(config, "memory_limit", $"{options.MemoryBytesMax}B");
            Set(config, "temp_directory", spill);
            Set(config, "max_temp_directory_size", $"{options.SpillBytesMax}B");
            Set(config, "autoload_known_extensions", "false");
            Set(config, "autoinstall_known_extensions", "false");
            Set(config, "allow_community_extensions", "false");
            // The logs of hot hours are folded into their files at this size, not every 16 MB.
            Set(config, "checkpoint_threshold", "64MB");
            // A group of rows is packed and written when it is full. Gathering five of them, as the engine would, a
            // commit of ours has written none at its end: all rows went through the log, and were packed later.
            Set(config, "write_buffer_row_group_count", 1);
            // What is left of a commit stays a group of its own. Folding it into its neighbours packed and wrote most
            // of them again.
            Set(config, "max_vacuum_tasks", 0);
            var state = Startup.DuckDBOpen(":memory:", out _database, config, out var error);
            if (state != DuckDBState.Success) throw new IOException($"the database does not start: {error}");
        }

        using var connection = Connect();
        connection.Run($"SET allowed_directories = [{SqlText.Text(folder)}]");
        connection.Run("SET TimeZone = 'UTC'");
        connection.Run("SET enable_external_access = false");
        SqlFunctions.Register(connection);
        RowSource.Register(connection);
        // Shadows the engine's own, whose answer cannot be compared with our nanoseconds.
        connection.Run("CREATE MACRO now() AS get_current_timestamp()::TIMESTAMP_NS");
        connection.Run("CREATE MACRO in_net(addr, net) AS addr BETWEEN net_first(net) AND net_last(net)");
        connection.Run("SET lock_configuration = true");
    }

    public DuckConnection Connect()
    {
        if (Startup.DuckDBConnect(_database, out var connection) != DuckDBState.Success)
        {
            throw new IOException("the database gives no connection");
        }

        return new DuckConnection(connection);
    }

    public void Dispose() => _database.Dispose();

    private static void Set(DuckDBConfig config, string name, object value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        if (Configuration.DuckDBSetConfig(config, name, text) != DuckDBState.Success)
        {
            throw new InvalidOperationException($"the database has no setting {name}");
        }
    }
}
