namespace NetSniff.Cli.Plugin;

/// <summary>One condition of a selector: `app=web`, `tier in (front, back)`, `!canary`.</summary>
internal sealed record LabelTerm(string Key, IReadOnlyList<string> Values, bool IsNot)
{
    /// <summary>In the filter language, of one end.</summary>
    public string For(string end)
    {
        var field = $"{end}.label.{Key}";
        var is_ = Values switch
        {
            [] => $"exists {field}",
            [var one] => $"{field} == {RecordScope.Quoted(one)}",
            _ => $"{field} in ({string.Join(", ", Values.Select(RecordScope.Quoted))})",
        };
        // As with kubectl, what is unlike a value may also be absent.
        return IsNot ? $"not ({is_})" : is_;
    }
}
