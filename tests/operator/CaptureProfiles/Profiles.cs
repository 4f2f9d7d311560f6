using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Tests.Operator.CaptureProfiles;

/// <summary>Profiles as a server would have them, with its defaults.</summary>
internal static class Profiles
{
    public const string Home = "netsniff-system";

    public static AcceptedProfile Of(string name, string spec, string inNamespace = Home)
    {
        var read = ProfileReview.Of(Object(name, spec, inNamespace), null, Home, out var problems);
        Assert.Empty(problems);
        return new AcceptedProfile(new ResourceName(inNamespace, name), $"uid-{name}", 1, read!);
    }

    public static JsonObject Object(string name, string spec, string inNamespace = Home) => new()
    {
        ["apiVersion"] = "netsniff.io/v1alpha1",
        ["kind"] = "CaptureProfile",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = inNamespace },
        ["spec"] = JsonNode.Parse(spec),
    };

    /// <summary>A spec made by chance, which makes sense.</summary>
    public static CaptureProfileSpec Random(Random random)
    {
        var level = random.Next(4);
        var spec = new JsonObject
        {
            ["payload"] = new JsonObject { ["level"] = new[] { "None", "Metadata", "Headers", "Body" }[level] },
            ["redaction"] = new JsonObject
            {
                ["mode"] = level == 3 || random.Next(3) > 0 ? "Enforce" : "Disabled",
                ["headers"] = Some(random, "cookie", "authorization", "X-Api-Key"),
                ["jsonFields"] = Some(random, "password", "token"),
                ["presets"] = Some(random, "Credentials", "PaymentCard", "PersonalData"),
            },
            ["capture"] = new JsonObject
            {
                ["interfaces"] = new JsonObject
                {
                    ["include"] = Some(random, "eth0", "/^veth/"), ["exclude"] = Some(random, "lo", "docker0"),
                },
                ["snapLength"] = random.Next(64, 70_000),
                ["direction"] = new[] { "Both", "Ingress", "Egress" }[random.Next(3)],
            },
            ["budget"] = new JsonObject { ["onOverload"] = new[] { "SampleFlows", "HeadersOnly" }[random.Next(2)] },
        };
        if (random.Next(2) == 0) spec["capture"]!["bpfFilter"] = random.Next(2) == 0 ? "tcp" : "not port 22";
        if (random.Next(2) == 0) spec["budget"]!["cpu"] = $"{random.Next(100, 2000)}m";
        if (random.Next(2) == 0) spec["budget"]!["memory"] = $"{random.Next(64, 2000)}Mi";
        if (random.Next(2) == 0)
        {
            spec["protocols"] = new JsonArray(
                [.. Some(random, "HTTP1", "DNS", "TLS", "Redis").Select(name =>
                    (JsonNode)new JsonObject { ["name"] = name!.DeepClone() })]);
        }

        return Of("random", spec.ToJsonString()).Spec;
    }

    private static JsonArray Some(Random random, params string[] all) =>
        new([.. all.Where(_ => random.Next(2) == 0).Select(one => (JsonNode)one)]);
}
