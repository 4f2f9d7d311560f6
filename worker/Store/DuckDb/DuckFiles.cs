using System.Collections.Immutable;
using NetSniff.Storage;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>All files of a store, open in one engine: an hour each, and the books. Changed by the writer alone; readers
/// take the present list and keep what they read from being deleted.</summary>
internal sealed class DuckFiles : IDisposable
{
    private const string BooksName = "books.duckdb";

    private readonly DuckDbOptions _options;
    private readonly List<(Partition Hour, long Readers)> _leaving = [];
    private readonly HashSet<DuckReader> _readers = [];
    private readonly ulong _names;
    private long _readersSoFar;
    private ImmutableArray<Partition> _hours = [];

    public DuckFiles(DuckDbOptions options)
    {
        _options = options;
        OwnerFolder.Make(options.Folder);
        Instance = new DuckInstance(options);
        Writer = Instance.Connect();
        Books = new Books(Writer);
        _names = SqlNames.Register(Writer, Books.Names);
        BooksFile = new Partition(Path.Combine(options.Folder, BooksName), Partition.NoHour);
        Kinds = new KindTables();
    }

    public DuckInstance Instance { get; }

    public DuckConnection Writer { get; }

    public Books Books { get; }

    public Partition BooksFile { get; }

    public KindTables Kinds { get; }

    /// <summary>By time.</summary>
    public ImmutableArray<Partition> Hours
    {
        get
        {
            lock (_readers) return _hours;
        }
    }

    public IEnumerable<Partition> All => Hours.Append(BooksFile);

    /// <summary>Files that could not be opened and were set aside.</summary>
    public int Damaged { get; private set; }

    /// <summary>Whether whoever reads should stop.</summary>
    public bool IsClosing { get; private set; }

    public bool IsRead
    {
        get
        {
            lock (_readers) return _readers.Count > 0;
        }
    }

    /// <summary>Keeps every file of now from being deleted until <see cref="Leave"/>.</summary>
    public ImmutableArray<Partition> EnterAll(DuckReader reader)
    {
        lock (_readers)
        {
            if (IsClosing) throw new IOException("the store is being closed");
            reader.Number = ++_readersSoFar;
            _readers.Add(reader);
            return _hours;
        }
    }

    public void Leave(DuckReader reader)
    {
        lock (_readers) _readers.Remove(reader);
    }

    public void InterruptReaders()
    {
        lock (_readers)
        {
            IsClosing = true;
            foreach (var reader in _readers) reader.Interrupt();
        }
    }

    public void Open()
    {
        PartitionFile.Attach(Writer, BooksFile);
        Books.Open();
        foreach (var path in Directory.EnumerateFiles(_options.Folder, "*.duckdb").Order(StringComparer.Ordinal))
        {
            if (Partition.TryHour(Path.GetFileName(path), out var hour)) OpenHour(path, hour);
        }

        PartitionFile.DropOldTables(Writer, BooksFile);
        // With all columns, so that whoever asks for one that no hour has finds it empty.
        foreach (var table in Kinds.All) PartitionFile.Prepare(Writer, BooksFile, table, static _ => true, []);
        PartitionFile.LearnTables(Writer, BooksFile);
        Views.Make(Writer, this);
    }

    public Partition? Find(long hour)
    {
        var hours = Hours;
        var place = hours.BinarySearch(new Partition("", hour), s_byHour);
        return place < 0 ? null : hours[place];
    }

    /// <summary>Makes ready for records of a kind: its table in a partition, and that of the books, which has all
    /// columns.</summary>
    /// <returns>Whether anything had to be done.</returns>
    public bool Prepare(Partition partition, KindTable table, KindRows rows)
    {
        var isNew = !BooksFile.Tables.ContainsKey(table.Name);
        if (isNew)
        {
            PartitionFile.Prepare(Writer, BooksFile, table, static _ => true, []);
            PartitionFile.LearnTables(Writer, BooksFile);
        }

        var before = ColumnsBefore(partition, table.Name);
        return (partition != BooksFile && PartitionFile.Prepare(Writer, partition, table, rows.Has, before)) || isNew;
    }

    /// <summary>Makes the file of an hour.</summary>
    public Partition Add(long hour)
    {
        // A file of that hour may still be waiting for its readers to go.
        DeleteLeft(mustAll: _leaving.Exists(left => left.Hour.Hour == hour));
        if (Books.Dropped.Contains(hour)) Books.ForgetDropped(hour);
        var partition = new Partition(Path.Combine(_options.Folder, Partition.FileName(hour)), hour);
        PartitionFile.Attach(Writer, partition);
        Insert(partition);
        return partition;
    }

    /// <summary>Takes an hour out of sight; its file goes when nobody reads it any more.</summary>
    public void Drop(Partition partition)
    {
        // The views first: whoever asks from now on, with the hour or without, names no file that may go.
        Views.Make(Writer, this, partition);
        lock (_readers)
        {
            _hours = _hours.Remove(partition);
            _leaving.Add((partition, _readersSoFar));
        }

        DeleteLeft(mustAll: false);
    }

    /// <summary>Takes an hour out of what is known, when its file was deleted while all were closed.</summary>
    public void Forget(Partition partition)
    {
        lock (_readers) _hours = _hours.Remove(partition);
    }

    /// <summary>Deletes the files of dropped hours that nobody reads.</summary>
    public void DeleteLeft(bool mustAll)
    {
        for (var index = _leaving.Count - 1; index >= 0; index--)
        {
            var (left, readers) = _leaving[index];
            if (mustAll) SpinWait.SpinUntil(() => !IsReadBy(readers), TimeSpan.FromSeconds(30));
            if (IsReadBy(readers)) continue;

            PartitionFile.Detach(Writer, left);
            PartitionFile.Delete(left);
            Books.ForgetDropped(left.Hour);
            _leaving.RemoveAt(index);
        }
    }

    public void Dispose()
    {
        Writer.Dispose();
        Instance.Dispose();
        SqlNames.TakeBack(_names);
    }

    private static readonly Comparer<Partition> s_byHour =
        Comparer<Partition>.Create((left, right) => left.Hour.CompareTo(right.Hour));

    /// <summary>Whether any of the readers up to this one is still at it.</summary>
    private bool IsReadBy(long last)
    {
        lock (_readers) return _readers.Any(reader => reader.Number <= last);
    }

    /// <summary>The columns of a kind's table in the newest of the other hours that have one.</summary>
    private ImmutableArray<string> ColumnsBefore(Partition partition, string table)
    {
        var hour = Hours.LastOrDefault(hour => hour != partition && hour.Tables.ContainsKey(table));
        return hour is null ? [] : hour.Tables[table];
    }

    private void OpenHour(string path, long hour)
    {
        var partition = new Partition(path, hour);
        if (Books.Dropped.Contains(hour))
        {
            PartitionFile.Delete(partition);
            Books.ForgetDropped(hour);
            return;
        }

        try
        {
            PartitionFile.Attach(Writer, partition);
            Insert(partition);
        }
        catch (DuckException error) when (error.IsDamage)
        {
            // One hour that is no more must not keep all others from being read. Whatever else is wrong (a newer
            // format, no permission, no room) passes, and its records with it if it were set aside.
            Writer.Run($"DETACH DATABASE IF EXISTS {partition.Catalog}");
            Damaged++;
            File.Move(path, path + ".damaged", overwrite: true);
            if (File.Exists(path + ".wal")) File.Move(path + ".wal", path + ".wal.damaged", overwrite: true);
        }
    }

    private void Insert(Partition partition)
    {
        var place = ~_hours.BinarySearch(partition, s_byHour);
        lock (_readers) _hours = _hours.Insert(place, partition);
    }
}
