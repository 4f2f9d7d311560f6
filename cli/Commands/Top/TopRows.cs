using System.Globalization;
using NetSniff.Cli.Outputs;
using NetSniff.Protocols;

namespace NetSniff.Cli.Commands.Top;

/// <param name="Cells">In the order of the pane's columns.</param>
/// <param name="Numbers">What each column is sorted by; text sorts by itself.</param>
/// <param name="Filter">What looks into the row.</param>
internal sealed record TopRow(string[] Cells, double[] Numbers, string Filter);

/// <param name="Width">0 and below takes what is left, shared with others of them: -3 gets three parts, 0 one.</param>
internal readonly record struct TopColumn(string Title, int Width, bool IsNumber);

/// <summary>Columns and rows of each pane.</summary>
internal static class TopRows
{
    private static readonly TopColumn[] s_talkers =
    [
        new("CLIENT", -3, false), new("SERVER", -4, false), new("APP", 9, false), new("BIT/S", 6, true),
        new("PKT/S", 6, true), new("TX/S", 6, true), new("TOTAL", 6, true),
    ];

    private static readonly TopColumn[] s_protocols =
    [
        new("PROTOCOL", 0, false), new("BIT/S", 7, true), new("PKT/S", 7, true), new("TX/S", 7, true),
        new("ERR/S", 7, true), new("ERR", 6, true), new("P50", 7, true), new("P99", 7, true),
    ];

    private static readonly TopColumn[] s_errors =
        [new("FIELD", 0, false), new("VALUE", 10, true), new("PER S", 8, true), new("TOTAL", 10, true)];

    public static TopColumn[] ColumnsOf(TopPane pane) => pane switch
    {
        TopPane.Talkers => s_talkers,
        TopPane.Protocols => s_protocols,
        _ => s_errors,
    };

    /// <summary>Columns that can be sorted by: the numbers.</summary>
    public static int SortsOf(TopPane pane) => ColumnsOf(pane).Count(column => column.IsNumber);

    /// <summary>Place of the column that rows are sorted by.</summary>
    public static int SortColumn(TopPane pane, int sort)
    {
        var columns = ColumnsOf(pane);
        // Errors by how often they are, not by what they are called.
        var first = pane == TopPane.Errors ? 2 : Array.FindIndex(columns, column => column.IsNumber);
        var count = SortsOf(pane);
        var start = columns.Length - count;
        return start + (first - start + sort) % count;
    }

    /// <summary>What can be sorted by, in the order of <see cref="TopState.Sort"/>.</summary>
    public static List<string> SortTitles(TopPane pane) =>
        [.. Enumerable.Range(0, SortsOf(pane)).Select(sort => ColumnsOf(pane)[SortColumn(pane, sort)].Title)];

    /// <summary>All rows, the largest first.</summary>
    public static List<TopRow> Of(TopTally tally, TopState state)
    {
        var rows = (state.Pane switch
        {
            TopPane.Talkers => tally.Talkers.Select(talker => Talker(tally, talker.Key, talker.Value)),
            TopPane.Protocols => tally.Protocols.Select(Protocol),
            _ => tally.ErrorRates.Select(error => Error(error.Field, error.Value, error.Rate)),
        }).ToList();
        var column = SortColumn(state.Pane, state.Sort);
        rows.Sort((left, right) =>
        {
            var order = right.Numbers[column].CompareTo(left.Numbers[column]);
            // Where that says nothing, by what does: exchanges before their flow has ended.
            for (var other = 0; order == 0 && other < left.Numbers.Length; other++)
            {
                order = right.Numbers[other].CompareTo(left.Numbers[other]);
            }

            return order != 0 ? order : string.CompareOrdinal(left.Cells[0], right.Cells[0]);
        });
        return rows;
    }

    private static TopRow Talker(TopTally tally, TalkerKey key, TalkerRates rate)
    {
        var app = tally.AppOf(key);
        var name = app == Apps.Unknown ? Json.IpProtocolNames.Own(key.Protocol) : Apps.Name(app);
        var named = tally.NameOf(key.Server);
        var server = key.Port == 0
            ? named ?? key.Server.ToString() : $"{named ?? Bracketed(key.Server.ToString())}:{key.Port}";
        return new TopRow(
            [
                tally.NameOf(key.Client) ?? key.Client.ToString(), server, name, Human.Size(8 * rate.ByteRate),
                Human.Size(rate.CountRate),
                Human.Size(rate.Exchanges.CountRate), Human.Size(rate.Bytes),
            ],
            [0, 0, 0, rate.ByteRate, rate.CountRate, rate.Exchanges.CountRate, rate.Bytes],
            $"src.ip == {key.Client} and dst.ip == {key.Server}"
                + (key.Port == 0 ? "" : $" and dst.port == {key.Port}"));
    }

    private static string Bracketed(string address) => address.Contains(':', StringComparison.Ordinal)
        ? $"[{address}]"
        : address;

    private static TopRow Protocol(ProtocolRates rates)
    {
        var (transactions, errors) = (rates.Transactions.CountRate, rates.Errors.CountRate);
        var (middle, worst) = (rates.Latency.Quantile(0.5), rates.Latency.Quantile(0.99));
        return new TopRow(
            [
                rates.Name, Human.Size(8 * rates.Traffic.ByteRate), Human.Size(rates.Traffic.CountRate),
                Human.Size(transactions), Human.Size(errors), Human.Share(errors, transactions), Length(middle),
                Length(worst),
            ],
            [
                0, rates.Traffic.ByteRate, rates.Traffic.CountRate, transactions, errors,
                transactions > 0 ? errors / transactions : 0, middle ?? 0, worst ?? 0,
            ],
            rates.App == Apps.Unknown ? $"proto == {rates.Protocol}" : $"app == {rates.Name}");
    }

    private static TopRow Error(string field, ulong value, Rated rate) => new(
        [
            field, value.ToString(CultureInfo.InvariantCulture),
            rate.CountRate.ToString("0.0", CultureInfo.InvariantCulture), Human.Count((ulong)rate.Count),
        ],
        [0, value, rate.CountRate, rate.Count],
        $"{field} == {value}");

    public static string Length(long? nanos) => nanos is { } known ? Human.Duration(known) : "-";
}
