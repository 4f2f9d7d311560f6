using System.Collections.Concurrent;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Whether sensors will take a filter of tcpdump's language: tried here first, for one that they do not take
/// keeps all profiles of a node from what they ask for.</summary>
/// <param name="compile">What is wrong with a filter, null for nothing; null where there is no compiler.</param>
public sealed class FilterChecks(Func<string, string?>? compile)
{
    /// <summary>Filters that were looked at are remembered.</summary>
    private const int KnownMax = 1024;

    /// <summary>Compiled at one time.</summary>
    private const int PendingMax = 4;

    /// <summary>A filter that speaks of names has them looked up while it is compiled, which may take long, here and on
    /// every node: one that takes longer is not taken.</summary>
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Task<string?>> _known = new(StringComparer.Ordinal);

    /// <summary>There is somebody to ask.</summary>
    public bool IsThere => compile is not null;

    /// <returns>Null where nothing is wrong with it, or nobody can say.</returns>
    public string? ProblemOf(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (compile is null || filter.Length == 0) return null;
        if (_known.TryGetValue(filter, out var asked)) return asked.IsCompleted ? asked.Result : Late(filter);

        Forget();
        if (_known.Values.Count(static one => !one.IsCompleted) >= PendingMax) return Late(filter);

        asked = _known.GetOrAdd(filter, text => Task.Factory.StartNew(
            () => compile(text), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return asked.Wait(s_timeMax) ? asked.Result : Late(filter);
    }

    /// <summary>Said of all that wait: a look at it does not wait again.</summary>
    private static string Late(string filter) =>
        $"filter '{filter}': not compiled in time: it is too large, or names are looked up (write addresses)";

    /// <summary>Those that are under way stay: what they hold up is counted.</summary>
    private void Forget()
    {
        if (_known.Count < KnownMax) return;

        foreach (var one in _known.Where(static one => one.Value.IsCompleted)) _known.TryRemove(one.Key, out _);
    }
}
