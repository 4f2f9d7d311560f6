using System.Collections.Immutable;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>From what waits to what is stored.</summary>
public sealed partial class DuckDbStore
{
    /// <returns>Whether the file has the tables it had before.</returns>
    private bool CommitHour(DuckFiles files, long hour, PendingRecords pending)
    {
        var known = files.Find(hour);
        var partition = known ?? files.Add(hour);
        var isSame = WriteRecords(files, partition, pending, pending.Marks, static () => { });
        return known is not null && isSame;
    }

    /// <summary>Last of all: now the batches are stored everywhere.</summary>
    private void CommitBooks(DuckFiles files)
    {
        var expired = MakeRoomForStrays(files);
        WriteRecords(files, files.BooksFile, _strays, _marks, () =>
        {
            foreach (var (lane, batch) in _marks) files.Books.ForgetPassed(lane, batch);
            files.Books.CountGone(expired, 0);
        });
        files.Books.Keep(expired, 0);
        var stored = _stored.ToBuilder();
        foreach (var (lane, batch) in _marks) stored[files.Books.Lane(lane)] = batch;
        _stored = stored.ToImmutable();
    }

    /// <summary>One transaction: rows, and up to where each lane is stored.</summary>
    /// <returns>Whether the file has the tables it had before.</returns>
    private bool WriteRecords(
        DuckFiles files, Partition partition, PendingRecords pending, Dictionary<uint, ulong> marks, Action inside)
    {
        var connection = files.Writer;
        var rows = RowsByKind(files, partition, pending);
        var isSame = PrepareTables(files, partition, rows);
        connection.Run("BEGIN");
        for (var kind = 0; kind < rows.Length; kind++)
        {
            if (rows[kind] is { } some) AddRows(files, partition, files.Kinds.Of((ushort)kind), some);
        }

        WriteMarks(connection, partition.Catalog, marks);
        inside();
        connection.Run("COMMIT");
        foreach (var (lane, batch) in marks) partition.Marks[lane] = batch;
        var all = partition.Spans.ToBuilder();
        for (var kind = 0; kind < rows.Length; kind++)
        {
            if (rows[kind] is not { } some) continue;
            var name = files.Kinds.Of((ushort)kind).Name;
            all[name] = all.GetValueOrDefault(name).With(some.Span);
        }

        partition.Spans = all.ToImmutable();
        return isSame;
    }

    /// <summary>Finds the records of each kind, and says in which hour their ends were seen.</summary>
    private unsafe KindRows?[] RowsByKind(DuckFiles files, Partition partition, PendingRecords pending)
    {
        var peers = files.Books.Peers;
        var names = files.Books.Names;
        var hour = partition.Hour == Partition.NoHour ? _groupHour : partition.Hour;
        var nameHour = partition.Hour == Partition.NoHour ? NameBook.Always : partition.Hour;
        var rows = new KindRows?[files.Kinds.All.Count];
        foreach (var run in pending.Runs)
        {
            var start = run.Start;
            var at = start;
            var count = 0;
            for (var record = 0; record < run.Count; record++, count++)
            {
                var head = (RecordHeader*)at;
                peers.Note(head->ClientPeer, hour);
                peers.Note(head->ServerPeer, hour);
                names.Note(in *head, nameHour);
                if (head->Kind != ((RecordHeader*)start)->Kind)
                {
                    Of(start).Add(start, count, run.Lane, run.Batch);
                    start = at;
                    count = 0;
                }

                at += head->Length;
            }

            if (count > 0) Of(start).Add(start, count, run.Lane, run.Batch);
        }

        return rows;

        KindRows Of(byte* record) => rows[((RecordHeader*)record)->Kind] ??= new KindRows();
    }

    private static bool PrepareTables(DuckFiles files, Partition partition, KindRows?[] rows)
    {
        files.Books.Peers.Write();
        files.Books.Names.Write();
        var isSame = true;
        for (var kind = 0; kind < rows.Length; kind++)
        {
            if (rows[kind] is not { } some) continue;
            isSame &= !files.Prepare(partition, files.Kinds.Of((ushort)kind), some);
        }

        if (!isSame) PartitionFile.LearnTables(files.Writer, partition);
        return isSame;
    }

    private static void AddRows(DuckFiles files, Partition partition, KindTable table, KindRows rows)
    {
        using var writer = new KindWriter(table, rows, files.Books.Names, files.Books.Peers);
        var strangers = partition.Tables[table.Name]
            .Except(table.Columns.Select(column => column.Name), StringComparer.OrdinalIgnoreCase).ToList();
        RowSource.Insert(files.Writer, $"{partition.Catalog}.{SqlText.Name(table.Name)}", writer, strangers);
    }

    private static void WriteMarks(DuckConnection connection, string catalog, Dictionary<uint, ulong> marks)
    {
        if (marks.Count == 0) return;
        connection.Run($"DELETE FROM {catalog}.marks WHERE lane IN ({string.Join(", ", marks.Keys)})");
        connection.Run($"INSERT INTO {catalog}.marks VALUES "
            + string.Join(", ", marks.Select(mark => $"({mark.Key}, {SqlText.Number(mark.Value)})")));
    }

    /// <summary>Strays are few unless a clock is badly wrong; then the newest push out all that were before.</summary>
    /// <returns>Records dropped.</returns>
    private long MakeRoomForStrays(DuckFiles files)
    {
        var held = files.BooksFile.Records;
        if (held == 0 || held + _strays.Count <= _options.StraysMax) return 0;

        return DropStrays(files);
    }

    private long DropStrays(DuckFiles files)
    {
        var dropped = 0L;
        foreach (var table in files.BooksFile.Spans.Keys)
        {
            files.Writer.Run($"DELETE FROM books.{SqlText.Name(table)}");
            dropped += files.BooksFile.Spans[table].Records;
        }

        files.BooksFile.Spans = ImmutableDictionary<string, Partition.Span>.Empty;
        files.Books.Names.Settle(_groupHour);
        return dropped;
    }
}
