namespace NetSniff.Pipeline;

/// <summary>The account of many as one: lines of the same name are added up, in the order in which names first came.
/// </summary>
public static class LedgerSums
{
    public static OrderedDictionary<(string Stage, string Reason), LedgerLine> Of(IEnumerable<LedgerLine> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var sums = new OrderedDictionary<(string Stage, string Reason), LedgerLine>();
        foreach (var line in lines)
        {
            var key = (line.Stage, line.Reason);
            sums[key] = sums.TryGetValue(key, out var sum) ? sum with { Count = sum.Count + line.Count } : line;
        }

        return sums;
    }
}
