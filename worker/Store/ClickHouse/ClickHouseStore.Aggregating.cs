using System.Globalization;
using System.Text;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Counting and summing.</summary>
public sealed partial class ClickHouseStore
{
    private static readonly TimeSpan s_aggregateTime = TimeSpan.FromMinutes(1);

    /// <summary>Stands for what is not above zero, below all logarithms.</summary>
    private const double NoHeat = -1;

    public IReadOnlyList<AggregateRow> Aggregate(AggregateQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        var table = _tables.Find(query.Kind)
            ?? throw new FormatException($"there are no records of kind '{query.Kind}'");
        var (picture, peers) = (_picture, _peers!.Registered);
        try
        {
            var counted = picture.Settled;
            if (query.SinceNanos != 0) counted += $" AND time >= {ClickText.Number(query.SinceNanos)}";
            if (query.UntilNanos != 0) counted += $" AND time < {ClickText.Number(query.UntilNanos)}";
            var filter = new ClickFilter(table, peers) { Texts = source => TextsOf(source, counted, cancel) };
            var where = $"{counted} AND {filter.Of(query.Where)}";
            var sql = AggregateSql(query, table, new ClickFields(table, peers), where);
            return Gather(query, _http.Ask(Limited(sql, s_aggregateTime), cancel), cancel);
        }
        catch (ClickException error) when (error.IsTimeout)
        {
            throw new TimeoutException($"the aggregate took more than {s_aggregateTime.TotalSeconds} s", error);
        }
        catch (ClickException error) when (error.IsMemory)
        {
            throw new TimeoutException("the aggregate needs too much memory", error);
        }
        catch (ClickException error)
        {
            throw Failure(error);
        }
    }

    private ClickQuery Limited(string sql, TimeSpan time) => new(sql)
    {
        Settings =
        [
            ("max_execution_time", ((int)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture)),
            ("max_memory_usage", _options.MemoryBytesMax.ToString(CultureInfo.InvariantCulture)),
            .. ClickQuery.Long,
            .. _http.Optional(("cancel_http_readonly_queries_on_client_close", "1")),
        ],
        IsReadOnly = true,
        // The server ends it first, and says so.
        Limit = time + TimeSpan.FromSeconds(5),
    };

    /// <summary>The different texts that there are.</summary>
    private List<byte[]> TextsOf(string source, string counted, CancellationToken cancel)
    {
        List<byte[]> texts = [];
        var rows = _http.Ask(Limited(
            $"SELECT DISTINCT {source} AND {counted} LIMIT {_options.TextsAskedMax + 1L}", s_aggregateTime), cancel);
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++) texts.Add(rows.Column(0).Text(row).ToArray());
        }

        return texts.Count <= _options.TextsAskedMax
            ? texts
            : throw new FormatException($"the pattern would have to be asked of more than {_options.TextsAskedMax} "
                + "different texts: ask for less time, or with ==, startswith, endswith or contains");
    }

    private static string AggregateSql(AggregateQuery query, ClickTable table, ClickFields fields, string where)
    {
        var columns = query.By.Select(fields.Group).ToList();
        if (query.BucketNanos > 0)
        {
            var width = $"toInt64({ClickText.Number(query.BucketNanos)})";
            columns.Add($"time - ((time % {width}) + {width}) % {width}");
        }

        if (query.Heat is { } heat)
        {
            var value = fields.Number(heat);
            where += $" AND isNotNull({value})";
            var steps = query.HeatSteps.ToString(CultureInfo.InvariantCulture);
            // Which step; a power of two is made of it here, where it is exact.
            columns.Add($"if(assumeNotNull({value}) <= 0, toFloat64({NoHeat}), "
                + $"floor({steps} * log2(toFloat64(assumeNotNull({value}))) + 1e-9))");
        }

        var measures = query.Measures.Select(fields.Measure).ToList();
        var named = columns.Concat(measures).Select((column, place) => $"{column} AS c{place}");
        var places = columns.Select((_, place) => $"c{place}").ToList();
        var groups = places.Count == 0 ? "" : " GROUP BY " + string.Join(", ", places);
        var first = measures.Count == 0 ? "" : $" ORDER BY c{columns.Count} DESC"
            + string.Concat(places.Select(place => ", " + place));
        return $"SELECT {string.Join(", ", named)} FROM {ClickText.Name(table.RowsName)} WHERE {where}{groups}{first} "
            + $"LIMIT {query.RowsMax}";
    }

    private static List<AggregateRow> Gather(AggregateQuery query, NativeAnswer rows, CancellationToken cancel)
    {
        List<AggregateRow> answer = [];
        while (rows.Next())
        {
            cancel.ThrowIfCancellationRequested();
            for (var row = 0; row < rows.Rows; row++) answer.Add(RowOf(query, rows, row));
        }

        // Largest first; along an axis where there is one.
        return query.BucketNanos == 0 && query.Heat is null
            ? answer
            : [.. answer.OrderBy(row => row.BucketNanos).ThenBy(row => row.Heat)];
    }

    private static AggregateRow RowOf(AggregateQuery query, NativeAnswer rows, int row)
    {
        var column = 0;
        var by = new string[query.By.Count];
        while (column < by.Length) by[column] = Shown(rows.Column(column++).Text(row));
        var bucket = query.BucketNanos > 0 ? rows.Column(column++).Get<long>(row) : 0;
        var heat = 0.0;
        if (query.Heat is not null && rows.Column(column++).Get<double>(row) is var step and > NoHeat)
        {
            heat = Math.Pow(2, step / query.HeatSteps);
        }

        var values = new double[query.Measures.Count];
        for (var measure = 0; measure < values.Length; measure++)
        {
            values[measure] = rows.Column(column++).Get<double>(row);
        }

        return new AggregateRow(by, bucket, heat, values);
    }

    /// <summary>Octets that are no text as every store shows them, or workers' answers would not add up.</summary>
    private static string Shown(ReadOnlySpan<byte> octets)
    {
        if (Octets.IsPlain(octets)) return Encoding.UTF8.GetString(octets);
        var kept = new byte[Octets.GrowthMax * octets.Length];
        return Encoding.UTF8.GetString(kept.AsSpan(0, Octets.Keep(octets, kept)));
    }
}
