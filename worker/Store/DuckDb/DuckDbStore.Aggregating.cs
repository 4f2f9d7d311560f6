using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Counting and summing.</summary>
public sealed partial class DuckDbStore
{
    private static readonly TimeSpan s_aggregateTime = TimeSpan.FromMinutes(1);

    public IReadOnlyList<AggregateRow> Aggregate(AggregateQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        var files = Files;
        var table = files.Kinds.Find(query.Kind)
            ?? throw new FormatException($"there are no records of kind '{query.Kind}'");
        using var reader = new DuckReader(files, s_aggregateTime, cancel);
        var parts = Parts(files, reader, table, query);
        // Where there is no table, what is wrong with the question is said all the same.
        var columns = parts.Count == 0
            ? [.. table.Columns.Select(column => column.Name)]
            : parts.SelectMany(file => file.Tables[table.Name]).Distinct().ToImmutableArray();
        using var filter = new FilterSql(table, files.Books, columns);
        var source = string.Join(" UNION ALL BY NAME ", parts.Select(
            file => $"SELECT * FROM {file.Catalog}.{SqlText.Name(table.Name)}"));
        var sql = AggregateSql(query, table, NameColumns.LayoutOf([columns]), filter.Of(query.Where), source);
        if (parts.Count == 0) return [];

        try
        {
            using var rows = reader.Connection.Ask(sql);
            return Gather(query, rows, cancel);
        }
        catch (DuckException error)
        {
            if (error.IsInterrupt && reader.IsTimedOut)
            {
                throw new TimeoutException($"the aggregate took more than {s_aggregateTime.TotalSeconds} s", error);
            }

            throw ReadFailure(error, files, cancel);
        }
    }

    /// <summary>The tables that may have what is asked about.</summary>
    private static List<Partition> Parts(
        DuckFiles files, DuckReader reader, KindTable table, AggregateQuery query)
    {
        var since = query.SinceNanos == 0 ? long.MinValue : query.SinceNanos;
        var until = query.UntilNanos == 0 ? long.MaxValue : query.UntilNanos - 1;
        var span = new TimeSpanOf(since, until, null);
        return
        [
            .. reader.Hours.Where(hour => hour.Tables.ContainsKey(table.Name) && MayHave(hour, table, span)),
            .. ((Partition[])[files.BooksFile]).Where(books => books.Tables.ContainsKey(table.Name)),
        ];
    }

    private static string AggregateSql(
        AggregateQuery query, KindTable table, NameLayout layout, string where, string source)
    {
        var groups = query.By.Select(field => FieldSql.Group(table, field, layout)).ToList();
        if (query.BucketNanos > 0)
        {
            var width = query.BucketNanos.ToString(CultureInfo.InvariantCulture);
            groups.Add(new GroupSql(
                [$"epoch_ns(time) - ((epoch_ns(time) % {width} + {width}) % {width})"], key => key[0]));
            where += " AND isfinite(time)";
        }

        if (query.Heat is { } heat)
        {
            var value = FieldSql.Number(table, heat);
            where += $" AND {value} IS NOT NULL";
            var steps = query.HeatSteps.ToString(CultureInfo.InvariantCulture);
            groups.Add(new GroupSql(
                [$"CASE WHEN {value} <= 0 THEN 0.0 "
                    + $"ELSE pow(2.0, floor({steps} * log2(CAST({value} AS DOUBLE)) + 1e-9) / {steps}) END"],
                key => key[0]));
        }

        if (query.SinceNanos != 0) where += $" AND time >= {SqlText.Time(query.SinceNanos)}";
        if (query.UntilNanos != 0) where += $" AND time < {SqlText.Time(query.UntilNanos)}";
        var measures = query.Measures.Select(measure => FieldSql.Measure(table, measure)).ToList();
        var first = measures.Count == 0 ? "" : $" ORDER BY {groups.Count + 1} DESC NULLS LAST"
            + string.Concat(groups.Select((_, place) => $", {place + 1}"));
        return GroupedSql(groups, measures, source, where) + $"{first} LIMIT {query.RowsMax}";
    }

    private static string GroupedSql(List<GroupSql> groups, List<string> measures, string source, string where)
    {
        var named = new List<string>();
        var shown = new List<string>();
        foreach (var group in groups)
        {
            var names = group.Keys.Select((_, place) => $"key_{named.Count + place}").ToArray();
            named.AddRange(group.Keys);
            shown.Add(group.Shown(names));
        }

        var keys = string.Concat(named.Select((key, place) => $", {key} AS key_{place}"));
        var by = named.Count == 0
            ? ""
            : " GROUP BY " + string.Join(", ", named.Select((_, place) => $"key_{place}"));
        return $"SELECT {string.Join(", ", shown.Concat(measures))} "
            + $"FROM (SELECT *{keys} FROM ({source}) WHERE {where}){by}";
    }

    private static List<AggregateRow> Gather(AggregateQuery query, DuckRows rows, CancellationToken cancel)
    {
        List<AggregateRow> answer = [];
        while (rows.NextChunk())
        {
            cancel.ThrowIfCancellationRequested();
            for (var row = 0; row < rows.Count; row++) answer.Add(RowOf(query, rows, row));
        }

        // Largest first; along an axis where there is one.
        return query.BucketNanos == 0 && query.Heat is null
            ? answer
            : [.. answer.OrderBy(row => row.BucketNanos).ThenBy(row => row.Heat)];
    }

    private static AggregateRow RowOf(AggregateQuery query, DuckRows rows, int row)
    {
        var column = 0;
        var by = new string[query.By.Count];
        while (column < by.Length) by[column] = Encoding.UTF8.GetString(rows.Column(column++).Text(row));
        var bucket = query.BucketNanos > 0 ? rows.Column(column++).Get<long>(row) : 0;
        var heat = query.Heat is not null ? rows.Column(column++).Get<double>(row) : 0;
        var values = new double[query.Measures.Count];
        for (var measure = 0; measure < values.Length; measure++, column++)
        {
            values[measure] = rows.Column(column).IsValid(row) ? rows.Column(column).Get<double>(row) : double.NaN;
        }

        return new AggregateRow(by, bucket, heat, values);
    }
}
