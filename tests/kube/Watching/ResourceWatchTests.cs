using Microsoft.AspNetCore.Http;
using NetSniff.Kube;
using NetSniff.Kube.Watching;

namespace NetSniff.Tests.Kube.Watching;

[Collection(nameof(ControlPlane))]
public class ResourceWatchTests(ControlPlane plane)
{
    [Fact]
    public async Task What_comes_changes_and_goes_is_told()
    {
        using var space = await plane.NewNamespaceAsync();
        await space.PutConfigMapAsync("a", "1");
        await using var maps = new WatchedMaps(space.Cluster, space.Name);
        await Eventually.Is("a=1", () => maps.Known);
        await space.PutConfigMapAsync("b", "1");
        await space.ChangeConfigMapAsync("a", "2");
        await Eventually.Is("a=2 b=1", () => maps.Known);
        await space.DeleteConfigMapAsync("a");
        await Eventually.Is("b=1", () => maps.Known);
        await space.ChangeConfigMapAsync("b", "");
        await Eventually.Is("", () => maps.Known);
        Assert.Equal("+a=1 . +b=1 +a=2 -a=2 -b=1", string.Join(' ', maps.Story));
        Assert.Equal((1, 4, 0), (maps.Watch.Counters.Lists, maps.Watch.Counters.Notices, maps.Watch.Count));
    }

    [Fact]
    public async Task A_long_list_comes_page_by_page()
    {
        using var space = await plane.NewNamespaceAsync();
        for (var number = 0; number < 23; number++) await space.PutConfigMapAsync($"m{number}", "x");
        await using var maps = new WatchedMaps(space.Cluster, space.Name, new WatchOptions { PageMax = 4 });
        await Eventually.Is(23, () => maps.Watch.Count);
        Assert.Equal(6, maps.Watch.Counters.Pages);
    }

    [Fact]
    public async Task More_objects_than_the_bound_are_left_out_and_counted()
    {
        using var space = await plane.NewNamespaceAsync();
        foreach (var name in new[] { "a", "b", "c" }) await space.PutConfigMapAsync(name, "x");
        await using var maps = new WatchedMaps(space.Cluster, space.Name, new WatchOptions { ObjectsMax = 2 });
        await Eventually.Is(1, () => maps.Watch.Counters.Refused);
        await Eventually.Is("a=x b=x", () => maps.Known);
        await space.PutConfigMapAsync("d", "x");
        await Eventually.Is(2, () => maps.Watch.Counters.Refused);
        await space.DeleteConfigMapAsync("a");
        await space.PutConfigMapAsync("e", "x");
        await Eventually.Is("b=x e=x", () => maps.Known);
    }

    public static TheoryData<string, FailureKind> Faults => new()
    {
        { "the list is cut", FailureKind.Unreachable },
        { "half a list", FailureKind.Malformed },
        { "a list of nothing", FailureKind.Malformed },
        { "a list that does not come", FailureKind.Silent },
        { "500 for a list", FailureKind.ServerError },
        { "429 for a list", FailureKind.Throttled },
        { "410 for a list", FailureKind.Expired },
        { "the watch is cut", FailureKind.Unreachable },
        { "the watch ends at once", FailureKind.Unreachable },
        { "half a notice", FailureKind.Malformed },
        { "a notice that is no JSON", FailureKind.Malformed },
        { "a notice of nothing", FailureKind.Malformed },
        { "a notice without end", FailureKind.Malformed },
        { "429 for a watch", FailureKind.Throttled },
        { "500 for a watch", FailureKind.ServerError },
        { "410 for a watch", FailureKind.Expired },
        { "a version that is gone", FailureKind.Expired },
        { "a watch that is silent", FailureKind.Silent },
    };

    /// <summary>Whatever happens on the way: in the end all is known as it is, and the failure was counted.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_counted_and_got_over(string fault, FailureKind kind)
    {
        using var space = await plane.NewNamespaceAsync();
        await using var proxy = await FaultProxy.StartAsync(plane.Open());
        using var cluster = proxy.Open();
        await space.PutConfigMapAsync("a", "1");
        await space.PutConfigMapAsync("b", "1");
        if (fault == "a version that is gone") await plane.OutdateAsync();
        proxy.Once(
            fault.Contains("list", StringComparison.Ordinal) ? FaultProxy.IsList : FaultProxy.IsWatch, Doing(fault));
        await using var maps = new WatchedMaps(cluster, space.Name, new WatchOptions
        {
            SilenceMax = TimeSpan.FromSeconds(1), PageTimeMax = TimeSpan.FromSeconds(1), LineBytesMax = 64 * 1024,
        });
        await Eventually.Is(true, () => maps.Watch.Counters.Failures(kind) > 0);
        await space.ChangeConfigMapAsync("a", "2");
        await space.DeleteConfigMapAsync("b");
        await space.PutConfigMapAsync("c", "3");
        await Eventually.Is("a=2 c=3", () => maps.Known);
        Assert.Equal(0, proxy.Left);
        // Silence is what there is between notices too, in so short a time.
        if (kind != FailureKind.Silent) Assert.Equal(1, maps.Watch.Counters.Failures(kind));
        Assert.Equal(kind == FailureKind.Expired && !fault.EndsWith("list", StringComparison.Ordinal) ? 2 : 1,
            maps.Watch.Counters.Lists);
    }

    /// <summary>The token of a list's next page dies with the history it is of.</summary>
    [Fact]
    public async Task A_list_whose_history_is_gone_is_begun_anew()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var proxy = await FaultProxy.StartAsync(plane.Open());
        using var cluster = proxy.Open();
        foreach (var name in new[] { "a", "b", "c" }) await space.PutConfigMapAsync(name, "1");
        proxy.Once(request => request.Query.ContainsKey("continue"), async (context, pass) =>
        {
            await space.ChangeConfigMapAsync("a", "2");
            await plane.CompactAsync();
            await pass.OnAsync(context);
        });
        await using var maps = new WatchedMaps(cluster, space.Name, new WatchOptions { PageMax = 2 });
        await Eventually.Is("a=2 b=1 c=1", () => maps.Known);
        Assert.Equal(1, maps.Watch.Counters.Failures(FailureKind.Expired));
        Assert.Equal("+a=2 +b=1 +c=1 .", string.Join(' ', maps.Story));
    }

    [Fact]
    public async Task After_a_list_is_told_only_what_differs()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var proxy = await FaultProxy.StartAsync(plane.Open());
        using var cluster = proxy.Open();
        foreach (var name in new[] { "a", "b", "c" }) await space.PutConfigMapAsync(name, "1");
        proxy.Once(FaultProxy.IsWatch, async (context, _) =>
        {
            await space.ChangeConfigMapAsync("b", "2");
            await space.DeleteConfigMapAsync("c");
            await space.PutConfigMapAsync("d", "1");
            await FaultProxy.Fault.SayAsync(context, 410, "{}");
        });
        await using var maps = new WatchedMaps(cluster, space.Name);
        await Eventually.Is("a=1 b=2 d=1", () => maps.Known);
        await Eventually.Is(2, () => maps.Watch.Counters.Lists);
        Assert.Equal("+a=1 +b=1 +c=1 . -c=1 +b=2 +d=1 .", string.Join(' ', maps.Story));
    }

    [Fact]
    public async Task The_servers_wish_to_be_asked_later_is_kept()
    {
        using var space = await plane.NewNamespaceAsync();
        await using var proxy = await FaultProxy.StartAsync(plane.Open());
        using var cluster = proxy.Open();
        long askedAt = 0, again = 0;
        proxy.Once(FaultProxy.IsList, (context, _) =>
        {
            askedAt = TimeProvider.System.GetTimestamp();
            return FaultProxy.Fault.SayAsync(context, 429, "{}", retryAfterSeconds: 1);
        });
        proxy.Once(FaultProxy.IsList, (context, pass) =>
        {
            again = TimeProvider.System.GetTimestamp();
            return pass.OnAsync(context);
        });
        await using var maps = new WatchedMaps(cluster, space.Name);
        await Eventually.Is(true, () => maps.Watch.State.IsSynced);
        Assert.True(TimeProvider.System.GetElapsedTime(askedAt, again) >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_server_that_is_away_takes_nothing_with_it()
    {
        using var space = await plane.NewNamespaceAsync();
        await space.PutConfigMapAsync("a", "1");
        await using var maps = new WatchedMaps(space.Cluster, space.Name);
        await Eventually.Is("a=1", () => maps.Known);
        await Eventually.Is(null, () => maps.Watch.State.Failure);
        await plane.KillServerAsync();
        await Eventually.Is(FailureKind.Unreachable, () => maps.Watch.State.Failure?.Kind);
        Assert.Equal("a=1", maps.Known);
        Assert.True(maps.Watch.State.IsSynced);
        await plane.StartServerAsync();
        await space.ChangeConfigMapAsync("a", "2");
        await Eventually.Is("a=2", () => maps.Known);
        Assert.Null(maps.Watch.State.Failure);
    }

    [Fact]
    public async Task Who_may_not_look_is_told_so()
    {
        plane.Require();
        using var cluster = ClusterClient.Open(plane.NobodysKubeConfig);
        await using var maps = new WatchedMaps(cluster, "default");
        await Eventually.Is(FailureKind.Forbidden, () => maps.Watch.State.Failure?.Kind);
        Assert.StartsWith(
            "403 Forbidden: configmaps is forbidden: User \"nobody\"", maps.Watch.State.Failure!.Value.Text);
        Assert.False(maps.Watch.State.IsSynced);
    }

    private static Func<HttpContext, FaultProxy.Fault, Task> Doing(string fault) => fault switch
    {
        "the list is cut" => (context, pass) => pass.OnAsync(context, bytesMax: 100),
        // From version 0 on a server begins with all that there is.
        "the watch is cut" => (context, pass) =>
            pass.OnAsync(context, bytesMax: 100, query: "?watch=true&resourceVersion=0"),
        "half a list" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, """{"kind": "ConfigMapList", "it"""),
        "a list of nothing" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, "{}"),
        "a list that does not come" or "a watch that is silent" =>
            (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted),
        "500 for a list" or "500 for a watch" => (context, _) => FaultProxy.Fault.SayAsync(context, 500, "oh"),
        "429 for a list" or "429 for a watch" => (context, _) => FaultProxy.Fault.SayAsync(context, 429, "{}"),
        "410 for a list" or "410 for a watch" => (context, _) => FaultProxy.Fault.SayAsync(context, 410, "{}"),
        "the watch ends at once" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, ""),
        "half a notice" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, """{"type": "ADDED", "obj"""),
        "a notice that is no JSON" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, "<html>\n"),
        "a notice of nothing" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, "{\"type\": \"ADDED\"}\n"),
        "a notice without end" => (context, _) => FaultProxy.Fault.SayAsync(context, 200, new string('x', 65 * 1024)),
        "a version that is gone" => (context, pass) => pass.OnAsync(context, query: "?watch=true&resourceVersion=1"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
