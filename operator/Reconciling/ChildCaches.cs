using NetSniff.Kube;
using NetSniff.Kube.Watching;
using NetSniff.Operator.Config;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.Reconciling;

/// <summary>Everything that carries our labels, so that what somebody deletes or changes is put right.</summary>
public sealed class ChildCaches
{
    public ChildCaches(
        ClusterClient cluster, OperatorSettings settings, ObjectNames names, TimeProvider clock, Random random)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(names);
        ResourceCache<LiveObject> Watch(IReadOnlyList<ResourceKind> kinds, string inNamespace, bool withStatus = false)
        {
            var cache = new ResourceCache<LiveObject>(
                cluster,
                new LiveReader(kinds, names.Selection, withStatus),
                new WatchOptions { Namespace = inNamespace },
                clock,
                random);
            cache.Changed += (name, _, _) => Changed?.Invoke(kinds[0].Plural, name);
            return cache;
        }

        var (system, sensors) = (settings.Namespace, settings.SensorsNamespace);
        DaemonSets = Watch([ObjectKinds.DaemonSets], sensors, withStatus: true);
        StatefulSets = Watch([ObjectKinds.StatefulSets], system, withStatus: true);
        SensorMaps = Watch([ObjectKinds.ConfigMaps], sensors);
        Maps = Watch([ObjectKinds.ConfigMaps], system);
        SensorSecrets = Watch([ObjectKinds.Secrets], sensors);
        Secrets = Watch([ObjectKinds.Secrets], system);
        Services = Watch([ObjectKinds.Services], system);
        SensorPolicies = Watch([ObjectKinds.NetworkPolicies], sensors);
        Policies = Watch([ObjectKinds.NetworkPolicies], system);
        Budgets = Watch(ObjectKinds.DisruptionBudgets, system);
        Autoscalers = Watch(ObjectKinds.Autoscalers, system);
    }

    /// <summary>What kind (`configmaps`) and which; told by the task that watches.</summary>
    public event Action<string, ResourceName>? Changed;

    public ResourceCache<LiveObject> DaemonSets { get; }

    public ResourceCache<LiveObject> StatefulSets { get; }

    public ResourceCache<LiveObject> SensorMaps { get; }

    public ResourceCache<LiveObject> Maps { get; }

    public ResourceCache<LiveObject> SensorSecrets { get; }

    public ResourceCache<LiveObject> Secrets { get; }

    public ResourceCache<LiveObject> Services { get; }

    public ResourceCache<LiveObject> SensorPolicies { get; }

    public ResourceCache<LiveObject> Policies { get; }

    public ResourceCache<LiveObject> Budgets { get; }

    public ResourceCache<LiveObject> Autoscalers { get; }

    public IReadOnlyList<ResourceCache<LiveObject>> All =>
    [
        DaemonSets, StatefulSets, SensorMaps, Maps, SensorSecrets, Secrets, Services, SensorPolicies, Policies, Budgets,
        Autoscalers,
    ];

    /// <summary>The applier need not ask for what is watched here. Once the lists are there, for which kinds the server
    /// has is known only then.</summary>
    public void Tell(Applier applier, OperatorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(applier);
        ArgumentNullException.ThrowIfNull(settings);
        HashSet<ResourceCache<LiveObject>> ofSensors = [DaemonSets, SensorMaps, SensorSecrets, SensorPolicies];
        foreach (var cache in All)
        {
            if (cache.Kind is not { } kind) continue;

            applier.Watch(kind, ofSensors.Contains(cache) ? settings.SensorsNamespace : settings.Namespace, cache);
        }
    }
}
