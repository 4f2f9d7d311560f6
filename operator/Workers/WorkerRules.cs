using NetSniff.Operator.Control;

namespace NetSniff.Operator.Workers;

/// <summary>Where the rules that are in force become part of what workers run.</summary>
/// <remarks>Who knows the rules sets the files; who knows the workers makes a plan of them, a ConfigMap for the start
/// and a push for now. Any thread may ask.</remarks>
public sealed class WorkerRules
{
    private IReadOnlyList<IReadOnlyDictionary<string, string>>? _maps;
    private IReadOnlyDictionary<string, string>? _files;
    private MemberPlan? _plan;

    /// <summary>Files or plan are others than before.</summary>
    public event Action? Changed;

    /// <summary>Name to contents: `shop--port-scan.yaml`. Null until somebody said: what a ConfigMap has from before
    /// stays.</summary>
    public IReadOnlyDictionary<string, string>? Files => Volatile.Read(ref _files);

    /// <summary>What workers were last told to run; the rules are in it as `rules/NAME`. A worker runs them when it
    /// reports this revision.</summary>
    public MemberPlan? Plan => Volatile.Read(ref _plan);

    /// <summary>The same files, as ConfigMaps have room for them.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>>? Maps => Volatile.Read(ref _maps);

    public void Set(IReadOnlyList<IReadOnlyDictionary<string, string>> maps)
    {
        var before = Maps;
        var isSame = before is not null && before.Count == maps.Count && maps.Zip(before).All(static pair =>
            pair.First.Count == pair.Second.Count && pair.First.All(file =>
                pair.Second.TryGetValue(file.Key, out var text) && text == file.Value));
        if (isSame) return;

        Volatile.Write(ref _maps, maps);
        Volatile.Write(ref _files, maps.SelectMany(static map => map).ToDictionary());
        Changed?.Invoke();
    }

    internal void Planned(MemberPlan plan)
    {
        if (Plan?.Sequence == plan.Sequence) return;

        Volatile.Write(ref _plan, plan);
        Changed?.Invoke();
    }
}
