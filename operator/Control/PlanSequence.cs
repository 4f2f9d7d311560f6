namespace NetSniff.Operator.Control;

/// <summary>Which number a plan goes out with. Members take what is newer than what they run, nothing else.</summary>
internal static class PlanSequence
{
    /// <summary>The number it has, where it says the same and nobody runs a later plan; else one above all that was
    /// given out. The record of that may have been deleted, or whoever led before us may have died before it was
    /// written: so the time is in it, and what members say.</summary>
    /// <param name="known">What was last written down.</param>
    public static long Of(
        (string Content, long Sequence) known, string content, IEnumerable<MemberState> members, TimeProvider clock)
    {
        var told = members.Select(static member => member.Sequence).DefaultIfEmpty().Max();
        return known.Content == content && known.Sequence >= told
            ? known.Sequence
            : Math.Max(Math.Max(known.Sequence, told) + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
    }
}
