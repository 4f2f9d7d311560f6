using System.Text;
using NetSniff.Filters.Expression;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Questions about who the ends are and about names that repeat: asked of each peer and name that the store
/// knows, once, then of its number.</summary>
internal sealed partial class FilterSql
{
    /// <summary>Numbers that are listed; more are looked up in a set.</summary>
    private const int ListedMax = 64;

    private string OfPeer(TestNode node, CompareNode? compare)
    {
        var field = node.Field.Peer!;
        var isNegated = compare?.Comparison == FilterOperator.NotEqual;
        var test = compare?.NewTextTest();
        var there = new bool[_peers.Length];
        var holds = new bool[_peers.Length];
        for (var own = 1; own < _peers.Length; own++)
        {
            var registered = _peers[own];
            if (registered == Peers.Unnamed) continue;
            var text = field.TextOf(Peers.Of(registered));
            there[own] = text.Length > 0;
            holds[own] = there[own] && (test is null || test.Asks(FilterValues.Utf8(text)));
        }

        string[] ends = field.Ends switch
        {
            PeerEnds.Source => [Column(FixedColumn.ClientPeer)],
            PeerEnds.Target => [Column(FixedColumn.ServerPeer)],
            _ => [Column(FixedColumn.ClientPeer), Column(FixedColumn.ServerPeer)],
        };
        foreach (var end in ends) _known[$"coalesce({end}, 0)"] = _lastPeer;
        return isNegated ? $"{AnyOf(ends, there)} AND NOT {AnyOf(ends, holds)}" : AnyOf(ends, holds);
    }

    private string OfName(CompareNode? compare, FixedColumn column)
    {
        var number = FixedColumns.Name(column);
        if (_layout != NameLayout.Numbers)
        {
            var text = NameColumns.Text(column, _layout);
            return compare is null ? $"{text} IS NOT NULL" : OfText(compare, text, false);
        }

        if (compare is null) return $"{number} <> {NameBook.None}";
        var test = compare.NewTextTest();
        return OfNames(number, octets => test.Asks(octets), compare.Comparison == FilterOperator.NotEqual);
    }

    /// <summary>Applications are numbers in filters, other ones than ours.</summary>
    private string OfApp(CompareNode? compare)
    {
        if (compare is null) return OfName(compare, FixedColumn.App);
        var isNegated = compare.Comparison == FilterOperator.NotEqual;
        var names = compare.Values.Select(value => Apps.Name((ushort)value.Low)).ToArray();
        if (_layout == NameLayout.Numbers)
        {
            var wanted = Array.ConvertAll(names, Encoding.UTF8.GetBytes);
            return OfNames(FixedColumns.Name(FixedColumn.App), IsWanted, isNegated);

            bool IsWanted(ReadOnlySpan<byte> octets)
            {
                foreach (var name in wanted)
                {
                    if (octets.SequenceEqual(name)) return true;
                }

                return false;
            }
        }

        var list = string.Join(", ", names.Select(SqlText.Text));
        return $"{NameColumns.Text(FixedColumn.App, _layout)} {(isNegated ? "NOT " : "")}IN ({list})";
    }

    private string OfNames(string column, Func<ReadOnlySpan<byte>, bool> test, bool isNegated)
    {
        var holds = new bool[_names.Length];
        for (var number = 0; number < holds.Length; number++)
        {
            var text = _names[number];
            holds[number] = text.IsThere && test(text.Octets);
        }

        _known[column] = _lastName;

        var any = AnyOf([column], holds);
        return isNegated ? $"{column} <> {NameBook.None} AND NOT {any}" : any;
    }

    private string AnyOf(string[] numbers, bool[] members)
    {
        var count = members.Count(isMember => isMember);
        if (count == 0) return "false";

        Func<string, string> spell;
        if (count <= ListedMax)
        {
            var list = string.Join(", ", Enumerable.Range(0, members.Length).Where(own => members[own]));
            spell = column => $"coalesce({column} IN ({list}), false)";
        }
        else
        {
            var set = SqlFunctions.Lend(members);
            _lent.Add(set);
            spell = column => $"coalesce({SqlFunctions.CallSet(set, column)}, false)";
        }

        return "(" + string.Join(" OR ", numbers.Select(spell)) + ")";
    }
}
