using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using NetSniff.Operator.Config;
using NetSniff.Tests.Kube.Resources;

namespace NetSniff.Tests.Charts;

/// <summary>What holds of all that the chart makes, whatever the values.</summary>
public class ObjectsTests
{
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static TheoryData<string> Sets => [.. Helm.Sets];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Nobody_may_do_just_anything(string set)
    {
        foreach (var role in Roles(set))
        {
            foreach (var rule in role["rules"]!.AsArray())
            {
                foreach (var part in new[] { "apiGroups", "resources", "verbs" })
                {
                    Assert.DoesNotContain("*", Texts(rule![part]));
                }

                Assert.Empty(Texts(rule!["verbs"]).Intersect(["escalate", "bind", "impersonate"]));
                Assert.Empty(Texts(rule["resources"]).Intersect(["pods/exec", "pods/attach", "nodes/proxy"]));
                if ((string?)role["kind"] == "ClusterRole") Assert.DoesNotContain("secrets", Texts(rule["resources"]));
            }
        }
    }

    /// <summary>Packets are another right than flows, and neither comes with the right to change a profile.</summary>
    [Fact]
    public void Who_may_see_what()
    {
        Assert.Equal(["netsniff-packets", "netsniff-view", "netsniff-viewer"], Having("defaults", "flows", "get"));
        Assert.Equal(["netsniff-admin", "netsniff-packets"], Having("defaults", "capturesessions/files", "get"));
        Assert.Equal(["sniff-packets", "sniff-view"], Having("large", "flows", "get"));
        Assert.Equal(["netsniff-admin"], Having("defaults", "capturesessions", "create"));
        Assert.Equal(["netsniff-edit", "netsniff-operator"], Having("defaults", "captureprofiles", "create"));
        Assert.Equal(
            ["netsniff-packets-token", "netsniff-viewer-token"], Having("defaults", "serviceaccounts/token", "create"));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Pods_keep_to_the_level_restricted(string set)
    {
        var pods = Helm.Objects(Helm.Render(set)).Select(PodOf).OfType<JsonObject>().ToList();
        Assert.NotEmpty(pods);
        foreach (var pod in pods)
        {
            Assert.True((bool)pod["securityContext"]!["runAsNonRoot"]!);
            Assert.Equal("RuntimeDefault", (string?)pod["securityContext"]!["seccompProfile"]!["type"]);
            Assert.All(new[] { "hostNetwork", "hostPID", "hostIPC" }, field => Assert.Null(pod[field]));
            Assert.All(pod["volumes"]!.AsArray(), volume => Assert.Null(volume!["hostPath"]));
            foreach (var container in pod["containers"]!.AsArray())
            {
                var security = container!["securityContext"]!;
                Assert.False((bool)security["allowPrivilegeEscalation"]!);
                Assert.True((bool)security["readOnlyRootFilesystem"]!);
                Assert.Equal(["ALL"], Texts(security["capabilities"]!["drop"]));
                Assert.NotNull(container["resources"]!["limits"]!["memory"]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void What_points_at_something_finds_it(string set)
    {
        var objects = Helm.Objects(Helm.Render(set));
        var there = objects.Select(one => $"{one["kind"]} {one["metadata"]!["name"]}").ToHashSet();
        foreach (var binding in objects.Where(one => ((string)one["kind"]!).EndsWith("Binding")))
        {
            Assert.Contains($"{binding["roleRef"]!["kind"]} {binding["roleRef"]!["name"]}", there);
        }

        foreach (var volume in objects.Select(PodOf).OfType<JsonObject>().SelectMany(pod => pod["volumes"]!.AsArray()))
        {
            if (volume!["configMap"] is { } map) Assert.Contains($"ConfigMap {map["name"]}", there);
        }

        var deployment = objects.Single(one => (string?)one["kind"] == "Deployment");
        var labels = deployment["spec"]!["template"]!["metadata"]!["labels"]!;
        foreach (var service in objects.Where(one => (string?)one["kind"] == "Service"))
        {
            Assert.All(service["spec"]!["selector"]!.AsObject(), wanted => Assert.Equal(
                (string?)wanted.Value, (string?)labels[wanted.Key]));
        }

        Assert.All(objects, one => Assert.Equal(
            "netsniff", (string?)one["metadata"]!["labels"]!["app.kubernetes.io/name"]));
    }

    [Theory]
    [InlineData("1.20.2", "without-cel/")]
    [InlineData("1.27.16", "without-cel/")]
    [InlineData("1.28.0", "")]
    [InlineData("1.28.3-gke.1203001", "")]
    [InlineData("1.36.1", "")]
    public void Definitions_are_those_that_the_server_knows(string version, string folder)
    {
        var rendered = Helm.Objects(Helm.Template("--kube-version", version))
            .Where(one => (string?)one["kind"] == "CustomResourceDefinition").ToList();
        Assert.Equal(3, rendered.Count);
        foreach (var one in rendered)
        {
            var name = (string)one["metadata"]!["name"]!;
            var file = ExampleFiles.Parse(Sources.Read($"crds/{folder}{name}.yaml")).Single();
            Assert.Equal(file["spec"]!.ToJsonString(), one["spec"]!.ToJsonString());
            Assert.Equal("keep", (string?)one["metadata"]!["annotations"]!["helm.sh/resource-policy"]);
        }
    }

    [Fact]
    public void Definitions_that_shall_go_may_go() => Assert.All(
        Helm.Objects(Helm.Template("--set", "crds.keep=false"))
            .Where(one => (string?)one["kind"] == "CustomResourceDefinition"),
        one => Assert.Null(one["metadata"]!["annotations"]));

    [Fact]
    public void Images_for_registries_without_a_network_are_all_that_is_pulled()
    {
        var rendered = Helm.Render("defaults");
        var images = Helm.Objects(rendered).Select(PodOf).OfType<JsonObject>()
            .SelectMany(pod => pod["containers"]!.AsArray().Select(one => (string)one!["image"]!)).ToHashSet();
        var told = Settings(rendered)["images"]!;
        images.UnionWith([(string)told["sensor"]!, (string)told["worker"]!]);
        Assert.Equal(Sources.Lines("charts/netsniff/images.txt").Order(), images.Order());
    }

    /// <summary>All that the chart says to the operator is understood by it, and nothing is misspelt.</summary>
    [Theory]
    [MemberData(nameof(Sets))]
    public void The_operator_understands_what_it_is_told(string set)
    {
        var text = Settings(Helm.Render(set)).ToJsonString();
        Assert.NotNull(OperatorSettingsReader.Read(Encoding.UTF8.GetBytes(text), out var problems));
        Assert.Empty(problems);
        Assert.NotNull(JsonSerializer.Deserialize<OperatorSettings>(text, s_strict));
    }

    /// <summary>Another configuration, profile or rule is another pod; the same is the same.</summary>
    [Fact]
    public void The_operator_starts_anew_for_what_it_reads_at_the_start()
    {
        static string Hash(params string[] values) => (string)Helm.Objects(Helm.Template(values))
            .Single(one => (string?)one["kind"] == "Deployment")
            ["spec"]!["template"]!["metadata"]!["annotations"]!["netsniff.io/config-hash"]!;
        var plain = Hash();
        Assert.Equal(plain, Hash("--set", "operator.replicas=3"));
        Assert.NotEqual(plain, Hash("--set", "worker.scaling=None"));
        Assert.NotEqual(plain, Hash("--set", "defaultProfile.spec.suspend=true"));
        Assert.NotEqual(plain, Hash("--set", "rules.exclude={old-tls}"));
    }

    private static JsonObject Settings(string rendered) => JsonNode.Parse((string)Helm.Objects(rendered)
        .Single(one => one["data"]?["operator.json"] is not null)["data"]!["operator.json"]!)!.AsObject();

    private static IEnumerable<string> Having(string set, string resource, string verb) => Roles(set)
        .Where(role => role["rules"]!.AsArray().Any(rule =>
            Texts(rule!["resources"]).Contains(resource) && Texts(rule["verbs"]).Contains(verb)))
        .Select(role => (string)role["metadata"]!["name"]!).Order(StringComparer.Ordinal);

    private static IEnumerable<JsonObject> Roles(string set) =>
        Helm.Objects(Helm.Render(set)).Where(one => (string?)one["kind"] is "Role" or "ClusterRole");

    private static IReadOnlyList<string> Texts(JsonNode? list) => [.. list!.AsArray().Select(one => (string)one!)];

    private static JsonObject? PodOf(JsonObject one) => (string?)one["kind"] switch
    {
        "Pod" => one["spec"]!.AsObject(),
        "Deployment" or "Job" => one["spec"]!["template"]!["spec"]!.AsObject(),
        _ => null,
    };
}
