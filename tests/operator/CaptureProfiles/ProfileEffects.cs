using System.Text.Json;
using NetSniff.Config;
using NetSniff.Kube;
using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.Config;
using NetSniff.Operator.DetectionRules;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Sensors;
using NetSniff.Operator.Workers;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Config;
using NetSniff.Sensor.Governor;
using NetSniff.Sensor.Keeping;
using NetSniff.Sensor.Redaction;
using NetSniff.Worker.Config;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Operator.CaptureProfiles;

/// <summary>Everything that becomes of one profile, up to what a sensor and a worker put in force, as text: profiles
/// with the same text do the same.</summary>
internal static class ProfileEffects
{
    private static readonly OperatorSettings s_settings = new() { Instance = "ns", Namespace = Profiles.Home };
    private static readonly Dictionary<string, Dictionary<string, string>> s_namespaces = new()
    {
        [Profiles.Home] = new() { ["team"] = "platform" },
        ["shop"] = new() { ["team"] = "web" },
        ["bank"] = new() { ["team"] = "money" },
    };

    private static readonly PodSight[] s_pods =
    [
        Pod("shop", "web", "10.0.0.1"), Pod("shop", "db", "10.0.0.2"), Pod("bank", "web", "10.0.0.3"),
        Pod(Profiles.Home, "web", "10.0.0.4"),
    ];

    public static string Of(AcceptedProfile profile)
    {
        var (classes, _) = Placement.Of([profile]);
        var sensorClass = Assert.Single(classes);
        var names = new ObjectNames(s_settings);
        var wish = WorkerWish.Of([profile])!;
        return string.Join('\n',
        [
            new SensorObjects(s_settings, names).DaemonSet(sensorClass).ToJsonString(),
            .. OfSensor(profile, sensorClass),
            new WorkerObjects(s_settings, names).StatefulSet(wish).ToJsonString(),
            JsonSerializer.Serialize(wish with { Resources = [], Retention = null }),
            OfWorker(wish),
            .. RulesOf(profile),
        ]);
    }

    private static IEnumerable<string> OfSensor(AcceptedProfile profile, PlacementClass sensorClass)
    {
        var plan = new ClassPlan(sensorClass, "", 0, SensorPlanning.FittingOf([profile]));
        var text = SensorPlanning.Common(plan, "").Files[SensorPlanning.ConfigFile];
        var config = ConfigReader.Read(System.Text.Encoding.UTF8.GetBytes(text), out var problems)!;
        Assert.Empty(problems);
        yield return JsonSerializer.Serialize(TargetPlan.Of([profile], s_pods, LabelsOf));
        yield return JsonSerializer.Serialize(config.Targets);
        yield return CaptureWish.Of(config).ToString();
        yield return JsonSerializer.Serialize(config.Capture.Interfaces);
        GovernorOptions? budget = null;
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, new Nobody());
        var steering = new SensorSteering(new DepthDial(), CgroupLimits.None)
        {
            BudgetChanged = options => budget = options,
        };
        Assert.Empty(steering.Apply(config));
        steering.Before(shard);
        yield return JsonSerializer.Serialize(shard.Settings);
        yield return shard.Depth.ToString();
        yield return budget!.ToString();
        var live = new LiveOptions { Interfaces = [LiveOptions.AnyInterface] };
        yield return CaptureOpening.Of(config.Capture, live, budget.CpuMax).ToString();
        yield return PacketPlan.For(config, PacketWish.None).ToString();
        var gate = GatePlan.For(config);
        yield return gate.Where;
        foreach (var schema in global::NetSniff.Protocols.Protocols.Records)
        {
            yield return string.Join(' ', FieldRules.For(schema, gate.Level));
        }

        // What becomes of each is tests/sensor/Redaction's business.
        if (gate.Redaction != RedactionPlan.Nothing) yield return JsonSerializer.Serialize(config.Redaction);
    }

    private static string OfWorker(WorkerWish wish)
    {
        var text = WorkerJson.Of(wish, s_settings.Worker.Retention, 0, "");
        var config = WorkerConfigReader.Read(System.Text.Encoding.UTF8.GetBytes(text), out var problems)!;
        Assert.Empty(problems);
        StoreRetention? kept = null;
        var steering = new WorkerSteering(
            new StoreRetention(TimeSpan.FromDays(1), 0), retention => kept = retention, new ServeLimits(), _ => null);
        Assert.Empty(steering.Apply(config));
        return kept!.ToString();
    }

    private static IEnumerable<string> RulesOf(AcceptedProfile profile)
    {
        foreach (var space in s_namespaces.Keys)
        {
            foreach (var severity in (string[])["high", "low"])
            {
                var isBound = RuleBindings.Selects(
                    profile, new ResourceName(space, "rule"),
                    new Dictionary<string, string> { ["severity"] = severity }, Profiles.Home,
                    s_namespaces.GetValueOrDefault);
                yield return $"{space} {severity} {isBound}";
            }
        }
    }

    private static IReadOnlyDictionary<string, string> LabelsOf(string space) => s_namespaces[space];

    private static PodSight Pod(string space, string app, string address) => new(
        new ResourceName(space, app), "", "node-1", false, true, [address],
        new Dictionary<string, string> { ["app"] = app }, "");

    private sealed class Nobody : RecordConsumer
    {
        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
        }
    }
}
