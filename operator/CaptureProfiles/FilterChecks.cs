using NetSniff.Filters.Bpf;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Whether sensors will take a filter of tcpdump's language: tried here first, for one that they do not take
/// keeps all profiles of a node from what they ask for.</summary>
/// <remarks>The same text has the same answer, whoever asks and when: nothing is looked up, nothing waits.</remarks>
/// <param name="compile">What is wrong with a filter, null for nothing; null where there is no compiler.</param>
public sealed class FilterChecks(Func<string, string?>? compile)
{
    /// <summary>Filters that were looked at are remembered.</summary>
    private const int KnownMax = 256;

    private readonly Dictionary<string, string?> _known = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>There is somebody to ask.</summary>
    public bool IsThere => compile is not null;

    /// <returns>Null where nothing is wrong with it, or nobody can say.</returns>
    public string? ProblemOf(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (filter.Length == 0) return null;
        if (FilterWords.ProblemOf(filter) is { } problem) return problem;
        if (compile is null) return null;

        lock (_lock)
        {
            if (_known.TryGetValue(filter, out var known)) return known;
            if (_known.Count >= KnownMax) _known.Clear();

            return _known[filter] = compile(filter);
        }
    }
}
