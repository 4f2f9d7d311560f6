using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Operator.Reconciling;

/// <summary>What anyone may see of a cache, whatever it keeps.</summary>
public interface IResourceCache
{
    IResourceWatch Watch { get; }

    /// <summary>All that there was at the beginning is known.</summary>
    bool IsSynced { get; }

    /// <summary>Until cancelled, which is no failure.</summary>
    Task RunAsync(CancellationToken cancel);
}

/// <summary>All objects of a kind as they were last told, by name and by whatever else they are asked for by.</summary>
/// <remarks>One task runs it; any thread may ask. What it answers may be a moment old, never half of a change.
/// </remarks>
public sealed class ResourceCache<T> : IResourceCache where T : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceName, T> _objects = [];
    private readonly Dictionary<(string Index, string Key), HashSet<ResourceName>> _indexed = [];
    private readonly IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> _indexes;
    private readonly ResourceWatch<T> _watch;

    /// <param name="indexes">By name, from an object to what it is to be found by.</param>
    public ResourceCache(
        ClusterClient cluster,
        IResourceReader<T> reader,
        WatchOptions options,
        TimeProvider clock,
        Random random,
        IReadOnlyDictionary<string, Func<T, IEnumerable<string>>>? indexes = null)
    {
        _indexes = indexes ?? new Dictionary<string, Func<T, IEnumerable<string>>>();
        _watch = new ResourceWatch<T>(cluster, reader, options, clock, random, (change, _) =>
        {
            Take(change);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Name, as it was, as it is; told by the task that runs it, after the change is in.</summary>
    public event Action<ResourceName, T?, T?>? Changed;

    /// <summary>All that there was has been told, at the beginning and after the thread was lost.</summary>
    public event Action? Synced;

    public IResourceWatch Watch => _watch;

    public bool IsSynced => _watch.State.IsSynced;

    /// <summary>Which of the kinds it looks for there is; null before the first list.</summary>
    public ResourceKind? Kind => _watch.State.Kind;

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_lock) return [.. _objects.Values];
        }
    }

    public IReadOnlyList<ResourceName> Names
    {
        get
        {
            lock (_lock) return [.. _objects.Keys];
        }
    }

    public T? Find(ResourceName name)
    {
        lock (_lock) return _objects.GetValueOrDefault(name);
    }

    public IReadOnlyList<T> By(string index, string key)
    {
        lock (_lock)
        {
            return _indexed.TryGetValue((index, key), out var names) ? [.. names.Select(name => _objects[name])] : [];
        }
    }

    public Task RunAsync(CancellationToken cancel) => _watch.RunAsync(cancel);

    private void Take(WatchChange<T> change)
    {
        if (change.Kind == WatchChangeKind.Synced)
        {
            Synced?.Invoke();
            return;
        }

        T? before;
        var now = change.Kind == WatchChangeKind.Put ? change.Object : null;
        lock (_lock)
        {
            before = _objects.GetValueOrDefault(change.Name);
            if (before is not null) Unindex(change.Name, before);
            if (now is null)
            {
                _objects.Remove(change.Name);
            }
            else
            {
                _objects[change.Name] = now;
                Index(change.Name, now);
            }
        }

        Changed?.Invoke(change.Name, before, now);
    }

    private void Index(ResourceName name, T one)
    {
        foreach (var (index, keys) in _indexes)
        {
            foreach (var key in keys(one))
            {
                if (!_indexed.TryGetValue((index, key), out var names)) _indexed[(index, key)] = names = [];
                names.Add(name);
            }
        }
    }

    private void Unindex(ResourceName name, T one)
    {
        foreach (var (index, keys) in _indexes)
        {
            foreach (var key in keys(one))
            {
                if (!_indexed.TryGetValue((index, key), out var names)) continue;

                names.Remove(name);
                if (names.Count == 0) _indexed.Remove((index, key));
            }
        }
    }
}
