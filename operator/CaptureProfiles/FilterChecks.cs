using System.Collections.Concurrent;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Whether sensors will take a filter of tcpdump's language: tried here first, for one that they do not take
/// keeps all profiles of a node from what they ask for.</summary>
/// <param name="compile">What is wrong with a filter, null for nothing; null where there is no compiler.</param>
public sealed class FilterChecks(Func<string, string?>? compile)
{
    /// <summary>Filters that were looked at are remembered.</summary>
    private const int KnownMax = 1024;

    /// <summary>A filter that speaks of names has them looked up while it is compiled, which may take long: it is then
    /// taken for right, and asked for again with the next look.</summary>
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Task<string?>> _known = new(StringComparer.Ordinal);

    /// <summary>There is somebody to ask.</summary>
    public bool IsThere => compile is not null;

    /// <returns>Null where nothing is wrong with it, or nobody can say.</returns>
    public string? ProblemOf(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (compile is null || filter.Length == 0) return null;

        if (_known.Count >= KnownMax) _known.Clear();
        var asked = _known.GetOrAdd(filter, text => Task.Run(() => compile(text)));
        return asked.Wait(s_timeMax) ? asked.Result : null;
    }
}
