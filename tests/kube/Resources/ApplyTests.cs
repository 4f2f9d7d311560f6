using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Tests.Kube.Resources;

/// <summary>A real API server takes the definitions, and objects by them.</summary>
[Collection(nameof(ControlPlane))]
public class ApplyTests(ControlPlane plane)
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    [Fact]
    public async Task Examples_are_taken_broken_ones_refused_and_defaults_and_columns_are_there()
    {
        using var space = await plane.NewNamespaceAsync();
        await OwnDefinitions.EnsureAsync(space.Cluster);
        foreach (var one in ExampleFiles.All())
        {
            one["metadata"]!["namespace"] = space.Name;
            await space.PostAsync(PathOf(space.Name, one), one.ToJsonString());
        }

        await DefaultsAsync(space);
        await ColumnsAsync(space);
        await RefusalsAsync(space);
    }

    /// <summary>What a server fills in is what we fill in.</summary>
    private static async Task DefaultsAsync(TestNamespaceOfCluster space)
    {
        foreach (var one in ExampleFiles.All())
        {
            var path = $"{PathOf(space.Name, one)}/{one["metadata"]!["name"]}";
            var served = JsonNode.Parse(await GetAsync(space.Cluster, path, "application/json"))!;
            Assert.Empty(ResourceReview.Of(one));
            Assert.True(
                JsonNode.DeepEquals(JsonNode.Parse(one["spec"]!.ToJsonString()), served["spec"]),
                $"{path}: {one["spec"]!.ToJsonString()} {served["spec"]!.ToJsonString()}");
            Assert.Equal("Unknown", served["status"]!["conditions"]![0]!["status"]!.GetValue<string>());
            Assert.Empty(ResourceReview.Of(served.AsObject()));
        }
    }

    private static async Task ColumnsAsync(TestNamespaceOfCluster space)
    {
        foreach (var (plural, columns, row) in new[]
        {
            ("captureprofiles", "Name|Scope|Pods|Desired|Ready|Programmed|Status|Drop|Backend|Workers|Message|Age",
                "shop|Namespace||||Unknown|||Auto"),
            ("detectionrules",
                "Name|Severity|Mode|Type|Accepted|Programmed|Alerts|Last Alert|Cost|Techniques|Message|Age",
                "port-scan|Medium|Shadow|Distinct|Unknown|Unknown"),
            ("capturesessions", "Name|Nodes|Packets|Bytes|Lost|Started|Succeeded|Reason|Age",
                "web-errors|||||Unknown|Unknown|Pending"),
        })
        {
            var path = $"apis/netsniff.io/v1alpha1/namespaces/{space.Name}/{plural}";
            var table = JsonNode.Parse(await GetAsync(space.Cluster, path, Table))!;
            var names = table["columnDefinitions"]!.AsArray().Select(column => column!["name"]);
            Assert.Equal(columns, string.Join('|', names));
            var rows = table["rows"]!.AsArray().Select(one => string.Join('|', one!["cells"]!.AsArray()));
            Assert.Contains(rows, one => one.StartsWith(row, StringComparison.Ordinal));
        }
    }

    private static async Task RefusalsAsync(TestNamespaceOfCluster space)
    {
        foreach (var (kind, spec, problem) in BrokenObjects.OfForm.Select(one => one.Data))
        {
            var one = ResourceReviewTests.Object(kind, spec, "broken");
            one["metadata"]!["namespace"] = space.Name;
            using var content = new StringContent(one.ToJsonString(), null, "application/json");
            var target = new Uri(space.Cluster.Api.BaseUri, PathOf(space.Name, one));
            using var response = await space.Cluster.Api.HttpClient.PostAsync(target, content);
            var answer = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode is 422, $"{kind} {spec}: {answer}");
            // This server does not number the entries of a list.
            var field = problem.Split(' ')[0].Split('.')[^1].Split('[')[0];
            Assert.True(answer.Contains(field, StringComparison.Ordinal), $"{field}: {answer}");
        }
    }

    private static string PathOf(string space, JsonObject one) =>
        $"apis/netsniff.io/v1alpha1/namespaces/{space}/{one["kind"]!.GetValue<string>().ToLowerInvariant()}s";

    private static async Task<string> GetAsync(ClusterClient cluster, string path, string accept)
    {
        using var response = await cluster.GetAsync(path, accept, CancellationToken.None);
        Assert.True(response.IsSuccessStatusCode, path);
        return await response.Content.ReadAsStringAsync();
    }
}
