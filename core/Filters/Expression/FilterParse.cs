using System.Diagnostics.CodeAnalysis;

namespace NetSniff.Filters.Expression;

/// <summary>What became of an expression: a filter, or what is wrong with it.</summary>
public sealed class FilterParse
{
    internal FilterParse(Filter filter) => Filter = filter;

    internal FilterParse(FilterProblem problem) => Problem = problem;

    public Filter? Filter { get; }

    public FilterProblem? Problem { get; }

    [MemberNotNullWhen(true, nameof(Filter))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsOk => Filter is not null;
}
