using System.Collections.Immutable;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What is kept, and what goes.</summary>
public sealed partial class DuckDbStore
{
    public StoreCounts Counts
    {
        get
        {
            var files = _known;
            var spans = files.All.SelectMany(file => file.Spans.Values).Where(span => span.Records > 0).ToList();
            return new StoreCounts
            {
                Records = spans.Sum(span => span.Records),
                RecordsExpired = files.Books.Expired + Volatile.Read(ref _uncounted),
                RecordsRetracted = files.Books.Retracted,
                BytesOnDisk = files.All.Sum(file => file.BytesOnDisk()),
                FilesDamaged = PartitionsDamaged,
                OldestNanos = spans.Count == 0 ? 0 : spans.Min(span => span.Oldest),
                NewestNanos = spans.Count == 0 ? 0 : spans.Max(span => span.Newest),
            };
        }
    }

    public IReadOnlyList<KindCounts> Kinds
    {
        get
        {
            var files = _known;
            List<KindCounts> kinds = [];
            foreach (var table in files.Kinds.All)
            {
                var all = default(Partition.Span);
                foreach (var file in files.All) all = all.With(file.Spans.GetValueOrDefault(table.Name));
                kinds.Add(new KindCounts(table.Name, all.Records, all.Oldest, all.Newest));
            }

            return kinds;
        }
    }

    public void Retract(LaneId lane, IReadOnlyList<ulong> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0) return;
        Commit();
        var files = Files;
        try
        {
            var number = files.Books.Number(lane);
            files.Books.WriteLanes();
            var mark = files.BooksFile.Marks.GetValueOrDefault(number);
            var here = sequences.Where(sequence => sequence <= mark).Distinct().ToList();
            files.Books.Refuse(number, sequences.Where(sequence => sequence > mark));
            if (here.Count == 0) return;

            foreach (var file in files.All) DeleteBatches(files, file, number, here);
        }
        catch (DuckException error)
        {
            throw Broken(files, error);
        }
    }

    private static void DeleteBatches(DuckFiles files, Partition file, uint lane, List<ulong> batches)
    {
        if (file.Marks.GetValueOrDefault(lane) < batches.Min()) return;
        var list = string.Join(", ", batches.Select(SqlText.Number));
        foreach (var table in file.Spans.Keys)
        {
            var from = $"{file.Catalog}.{SqlText.Name(table)} WHERE lane = {lane} AND batch IN ({list})";
            var count = files.Writer.Number($"SELECT count(*) FROM {from}");
            if (count == 0) continue;

            files.Writer.Run($"DELETE FROM {from}");
            files.Writer.Run("BEGIN");
            files.Books.CountGone(0, count);
            files.Writer.Run("COMMIT");
            files.Books.Keep(0, count);
            PartitionFile.LearnSpan(files.Writer, file, table);
        }
    }
}
