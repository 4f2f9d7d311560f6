using k8s;
using k8s.Models;
using NetSniff.Kube;

namespace NetSniff.Tests.Kube;

/// <summary>Makes in a namespace of the API server what a cluster's own parts would have made.</summary>
internal sealed class TestNamespaceOfCluster(ClusterClient cluster, string name) : IDisposable
{
    public string Name => name;

    public ClusterClient Cluster => cluster;

    private ICoreV1Operations Core => cluster.Api.CoreV1;

    public static async Task<TestNamespaceOfCluster> MakeAsync(ClusterClient cluster, string name)
    {
        await cluster.Api.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = name } });
        return new TestNamespaceOfCluster(cluster, name);
    }

    public Task PutConfigMapAsync(string map, string value) =>
        Core.CreateNamespacedConfigMapAsync(Map(map, value), name);

    public Task ChangeConfigMapAsync(string map, string value) =>
        Core.ReplaceNamespacedConfigMapAsync(Map(map, value), map, name);

    public Task DeleteConfigMapAsync(string map) => Core.DeleteNamespacedConfigMapAsync(map, name);

    /// <summary>A pod on a node, as the scheduler leaves it: without an address.</summary>
    public Task<V1Pod> AddPodAsync(string pod, Action<V1Pod>? change = null)
    {
        var made = new V1Pod
        {
            Metadata = Meta(pod),
            Spec = new V1PodSpec
            {
                NodeName = "node-1",
                // Without it a deletion waits for the kubelet's word.
                TerminationGracePeriodSeconds = 0,
                Containers = [new V1Container { Name = "one", Image = "none" }],
            },
        };
        change?.Invoke(made);
        return Core.CreateNamespacedPodAsync(made, name);
    }

    /// <summary>What the kubelet says.</summary>
    public Task SetStatusAsync(string pod, string status) => Core.PatchNamespacedPodStatusAsync(
        new V1Patch($$"""{"status": {{status}}}""", V1Patch.PatchType.MergePatch), pod, name);

    public Task DeletePodAsync(string pod) => Core.DeleteNamespacedPodAsync(
        pod, name, new V1DeleteOptions { GracePeriodSeconds = 0 });

    /// <summary>Any object, from its JSON.</summary>
    public async Task PostAsync(string path, string json)
    {
        using var content = new StringContent(json, null, "application/json");
        using var response = await cluster.Api.HttpClient.PostAsync(new Uri(cluster.Api.BaseUri, path), content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>The same for one that may be there: as it says and not otherwise.</summary>
    public async Task PutAsync(bool isNew, string path, string called, string json)
    {
        if (isNew)
        {
            await PostAsync(path, json);
            return;
        }

        using var content = new StringContent(json, null, "application/json");
        using var response = await cluster.Api.HttpClient.PutAsync(
            new Uri(cluster.Api.BaseUri, $"{path}/{called}"), content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => cluster.Dispose();

    private V1ConfigMap Map(string map, string value) =>
        new() { Metadata = Meta(map), Data = new Dictionary<string, string> { ["value"] = value } };

    private V1ObjectMeta Meta(string called) => new() { Name = called, NamespaceProperty = name };
}
