using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;

namespace NetSniff.Operator.Reconciling;

/// <summary>Our finalizer on our objects: set and taken away by JSON patch, and only where nobody was faster.</summary>
public static class Finalizers
{
    public const string Cleanup = "netsniff.io/cleanup";

    /// <returns>Whether it had to be set.</returns>
    public static async Task<bool> AddAsync(
        ObjectClient objects, ResourceKind kind, OwnObject one, CancellationToken cancel)
    {
        if (one.IsDeleting || one.Finalizers.Contains(Cleanup)) return false;

        var patch = one.Finalizers.Count == 0
            ? new JsonArray(Test(one), Step("add", "/metadata/finalizers", new JsonArray(Cleanup)))
            : new JsonArray(Test(one), Step("add", "/metadata/finalizers/-", Cleanup));
        await objects.PatchAsync(kind, one.Name, patch, "", cancel).ConfigureAwait(false);
        return true;
    }

    /// <returns>Whether there was one.</returns>
    public static async Task<bool> RemoveAsync(
        ObjectClient objects, ResourceKind kind, OwnObject one, CancellationToken cancel)
    {
        var place = one.Finalizers.ToList().IndexOf(Cleanup);
        if (place < 0) return false;

        var step = new JsonObject { ["op"] = "remove", ["path"] = $"/metadata/finalizers/{place}" };
        try
        {
            await objects.PatchAsync(kind, one.Name, new JsonArray(Test(one), step), "", cancel)
                .ConfigureAwait(false);
        }
        catch (ApiException problem) when (problem.Code == 404)
        {
            // It is gone already.
        }

        return true;
    }

    private static JsonObject Test(OwnObject one) => Step("test", "/metadata/resourceVersion", one.Version);

    private static JsonObject Step(string op, string path, JsonNode value) =>
        new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
