using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Objects;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Operator.Reconciling;

[Collection(nameof(ControlPlane))]
public class ApplierTests(ControlPlane plane)
{
    [Fact]
    public async Task What_is_as_it_should_be_is_left_alone_and_what_somebody_changed_is_put_right()
    {
        using var space = await plane.NewNamespaceAsync();
        var objects = new ObjectClient(space.Cluster);
        var applier = new Applier(objects);
        Assert.True(await applier.ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "1"), default));
        var first = await FindAsync(objects, space.Name);
        Assert.False(await applier.ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "1"), default));
        Assert.Equal(1, applier.Writes);

        await space.ChangeConfigMapAsync("one", "of another");
        Assert.True(await applier.ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "1"), default));
        Assert.Equal("1", (await FindAsync(objects, space.Name))["data"]!["value"]!.GetValue<string>());

        await space.DeleteConfigMapAsync("one");
        Assert.True(await applier.ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "1"), default));
        Assert.True(await applier.ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "2"), default));
        Assert.NotEqual(VersionOf(first), VersionOf(await FindAsync(objects, space.Name)));
    }

    /// <summary>A program that begins applies everything once; the server sees that nothing changes.</summary>
    [Fact]
    public async Task To_apply_what_is_there_changes_nothing()
    {
        using var space = await plane.NewNamespaceAsync();
        var objects = new ObjectClient(space.Cluster);
        await new Applier(objects).ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "1"), default);
        var before = VersionOf(await FindAsync(objects, space.Name));
        Assert.True(await new Applier(objects).ApplyAsync(ObjectKinds.ConfigMaps, Map(space.Name, "1"), default));
        Assert.Equal(before, VersionOf(await FindAsync(objects, space.Name)));
    }

    private static async Task<JsonObject> FindAsync(ObjectClient objects, string space) =>
        (await objects.FindAsync(ObjectKinds.ConfigMaps, new ResourceName(space, "one"), default))!;

    private static string VersionOf(JsonObject one) => one["metadata"]!["resourceVersion"]!.GetValue<string>();

    private static JsonObject Map(string space, string value) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "one", ["namespace"] = space },
        ["data"] = new JsonObject { ["value"] = value },
    };
}
