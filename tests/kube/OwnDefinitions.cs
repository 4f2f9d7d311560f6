using System.Net;
using System.Text.Json;
using NetSniff.Kube;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Tests.Kube;

/// <summary>Our kinds, on the API server that all tests share: whoever comes first makes them.</summary>
internal static class OwnDefinitions
{
    private const string Path = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    public static async Task EnsureAsync(ClusterClient cluster)
    {
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var definition = CustomResourceDefinitions.Of(kind, withRules: false);
            using var content = new StringContent(definition.ToJsonString(), null, "application/json");
            using var response = await cluster.Api.HttpClient.PostAsync(new Uri(cluster.Api.BaseUri, Path), content);
            var isThere = response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.Conflict;
            Assert.True(isThere, await response.Content.ReadAsStringAsync());
        }

        foreach (var plural in new[] { "captureprofiles", "capturesessions", "detectionrules" })
        {
            await Eventually.Is(
                "Established=True NamesAccepted=True", () => ConditionsAsync(cluster, plural).GetAwaiter().GetResult());
        }
    }

    private static async Task<string> ConditionsAsync(ClusterClient cluster, string plural)
    {
        using var response = await cluster.GetAsync($"{Path}/{plural}.netsniff.io", "application/json", default);
        using var one = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return string.Join(' ', one.RootElement.List("status", "conditions")
            .Select(condition => $"{condition.Text("type")}={condition.Text("status")}").Order(StringComparer.Ordinal));
    }
}
