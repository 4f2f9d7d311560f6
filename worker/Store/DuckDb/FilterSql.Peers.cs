using NetSniff.Filters.Expression;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Questions about who the ends are: asked of each peer that the store knows, once, then of its number.
/// </summary>
internal sealed partial class FilterSql
{
    /// <summary>Numbers that are listed; more are looked up in a set.</summary>
    private const int ListedMax = 64;

    private string OfPeer(TestNode node, CompareNode? compare)
    {
        var field = node.Field.Peer!;
        var isNegated = compare?.Comparison == FilterOperator.NotEqual;
        var test = compare?.NewTextTest();
        var there = new bool[peers.Length];
        var holds = new bool[peers.Length];
        for (var own = 1; own < peers.Length; own++)
        {
            if (peers[own] == Peers.Unnamed) continue;
            var text = field.TextOf(Peers.Of(peers[own]));
            there[own] = text.Length > 0;
            holds[own] = there[own] && (test is null || test.Asks(FilterValues.Utf8(text)));
        }

        string[] columns = field.Ends switch
        {
            PeerEnds.Source => ["client_peer"],
            PeerEnds.Target => ["server_peer"],
            _ => ["client_peer", "server_peer"],
        };
        return isNegated ? $"{AnyOf(columns, there)} AND NOT {AnyOf(columns, holds)}" : AnyOf(columns, holds);
    }

    private string AnyOf(string[] columns, bool[] members)
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

        return "(" + string.Join(" OR ", columns.Select(spell)) + ")";
    }
}
