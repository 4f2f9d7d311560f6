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
        var isSame = PrepareTables(files, partition, pending);
        var spans = new Partition.Span[files.Kinds.All.Count];
        connection.Run("BEGIN");
        AddRows(files, partition, pending, spans);
        WriteMarks(connection, partition.Catalog, marks);
        inside();
        connection.Run("COMMIT");
        foreach (var (lane, batch) in marks) partition.Marks[lane] = batch;
        var all = partition.Spans.ToBuilder();
        for (var kind = 0; kind < spans.Length; kind++)
        {
            if (spans[kind].Records == 0) continue;
            var name = files.Kinds.Of((ushort)kind).Name;
            all[name] = all.GetValueOrDefault(name).With(spans[kind]);
        }

        partition.Spans = all.ToImmutable();
        return isSame;
    }

    private unsafe bool PrepareTables(DuckFiles files, Partition partition, PendingRecords pending)
    {
        var peers = files.Books.Peers;
        var hour = partition.Hour == Partition.NoHour ? _groupHour : partition.Hour;
        var kinds = new HashSet<ushort>();
        var last = -1;
        foreach (var run in pending.Runs)
        {
            var at = run.Start;
            for (var record = 0; record < run.Count; record++, at += ((RecordHeader*)at)->Length)
            {
                var head = (RecordHeader*)at;
                peers.Note(head->ClientPeer, hour);
                peers.Note(head->ServerPeer, hour);
                if (head->Kind == last) continue;
                last = head->Kind;
                kinds.Add((ushort)last);
            }
        }

        peers.Write();
        var isSame = true;
        foreach (var kind in kinds) isSame &= !PartitionFile.Prepare(files.Writer, partition, files.Kinds.Of(kind));
        if (!isSame) PartitionFile.LearnTables(files.Writer, partition);
        return isSame;
    }

    private unsafe void AddRows(
        DuckFiles files, Partition partition, PendingRecords pending, Partition.Span[] spans)
    {
        var writers = new KindWriter?[spans.Length];
        try
        {
            foreach (var run in pending.Runs)
            {
                var at = run.Start;
                for (var record = 0; record < run.Count; record++)
                {
                    var head = (RecordHeader*)at;
                    var writer = writers[head->Kind] ??= NewWriter(files, partition, head->Kind);
                    writer.Add(at, run.Lane, run.Batch);
                    spans[head->Kind] = spans[head->Kind].With(head->TimeNanos);
                    at += head->Length;
                }
            }

            foreach (var writer in writers) writer?.Finish();
        }
        finally
        {
            foreach (var writer in writers) writer?.Dispose();
        }
    }

    private KindWriter NewWriter(DuckFiles files, Partition partition, ushort kind)
    {
        var table = files.Kinds.Of(kind);
        return new KindWriter(
            files.Writer, partition.Catalog, table, partition.Tables[table.Name], _names, files.Books.Peers);
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

    private static long DropStrays(DuckFiles files)
    {
        var dropped = 0L;
        foreach (var table in files.BooksFile.Spans.Keys)
        {
            files.Writer.Run($"DELETE FROM books.{SqlText.Name(table)}");
            dropped += files.BooksFile.Spans[table].Records;
        }

        files.BooksFile.Spans = ImmutableDictionary<string, Partition.Span>.Empty;
        return dropped;
    }
}
