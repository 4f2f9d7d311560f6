using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Tests.Kube.Watching;

/// <summary>A watch that runs, and what it told: `a=1 b=2`.</summary>
internal sealed class WatchedMaps : IAsyncDisposable
{
    private readonly SortedDictionary<string, string> _maps = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public WatchedMaps(ClusterClient cluster, string inNamespace, WatchOptions? options = null)
    {
        options ??= new WatchOptions();
        Watch = new ResourceWatch<string>(
            cluster,
            new ConfigMapReader(),
            options with { Namespace = inNamespace, WaitMin = TimeSpan.FromMilliseconds(20) },
            TimeProvider.System,
            new Random(20260131),
            (change, _) =>
            {
                lock (_maps) Take(change);
                return ValueTask.CompletedTask;
            });
        _running = Watch.RunAsync(_stop.Token);
    }

    public ResourceWatch<string> Watch { get; }

    /// <summary>Everything told, in its order: `+a=1`, `-a=1`, `.` for the end of a list.</summary>
    public List<string> Story { get; } = [];

    public string Known
    {
        get
        {
            lock (_maps) return string.Join(' ', _maps.Select(map => $"{map.Key}={map.Value}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private void Take(WatchChange<string> change)
    {
        switch (change.Kind)
        {
            case WatchChangeKind.Put:
                Story.Add($"+{change.Name.Name}={change.Object}");
                _maps[change.Name.Name] = change.Object!;
                break;
            case WatchChangeKind.Gone:
                Story.Add($"-{change.Name.Name}={change.Object}");
                Assert.True(_maps.Remove(change.Name.Name));
                break;
            default:
                Story.Add(".");
                break;
        }
    }
}
