using System.Text.Json;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Hosting;
using NetSniff.Kube.Watching;
using NetSniff.Tests.Kube;

namespace NetSniff.Tests.Cli.Hosting;

[Collection(nameof(ControlPlane))]
public class ServiceMembersTests(ControlPlane plane)
{
    private static readonly ServiceText s_workers = new("shop", "workers", "ingest");

    [Theory]
    [InlineData("")]
    [InlineData("/apis/discovery.k8s.io/v1beta1")]
    public async Task Ready_pods_behind_the_service_are_the_workers(string missing)
    {
        using var space = await plane.NewNamespaceAsync();
        await using var proxy = await FaultProxy.StartAsync(plane.Open());
        if (missing.Length > 0)
        {
            proxy.Once(
                request => request.Path == missing, (context, _) => FaultProxy.Fault.SayAsync(context, 404, "{}"));
        }

        await PutAsync(space, isNew: true, "10.1.0.5", "");
        await using var members = new ServiceMembers(
            new ServiceText(space.Name, "workers", "ingest"), proxy.Open(), TimeProvider.System,
            new WatchOptions { WaitMin = TimeSpan.FromMilliseconds(20) });
        await Eventually.Is("worker-0=10.1.0.5:9466", () => Text(members));
        await PutAsync(space, isNew: false, "10.1.0.5", "10.1.0.6");
        await Eventually.Is("worker-0=10.1.0.5:9466 worker-1=10.1.0.6:9466", () => Text(members));
        Assert.Null(members.Problem);
        await PutAsync(space, isNew: false, "", "10.1.0.6");
        await Eventually.Is("worker-1=10.1.0.6:9466", () => Text(members));

        // Nobody: those who were last stay, and it is told.
        await PutAsync(space, isNew: false, "", "");
        await Eventually.Is(
            $"service {space.Name}/workers:ingest: nobody behind it is ready; the last that were stay",
            () => members.Problem);
        Assert.Equal("worker-1=10.1.0.6:9466", Text(members));
        await PutAsync(space, isNew: false, "10.1.0.9", "");
        await Eventually.Is("worker-0=10.1.0.9:9466", () => Text(members));
        Assert.Null(members.Problem);
        Assert.Equal(missing.Length > 0 ? "endpoints" : "endpointslices", members.Watch.State.Kind?.Plural);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_told()
    {
        plane.Require();
        await using var members = new ServiceMembers(
            new ServiceText("default", "nobody", "ingest"), plane.Open(), TimeProvider.System);
        await Eventually.Is("service default/nobody:ingest: nobody behind it is ready", () => members.Problem);
        Assert.Empty(members.Members);
    }

    /// <summary>The two forms of one thing, as the controllers write them.</summary>
    private static async Task PutAsync(TestNamespaceOfCluster space, bool isNew, string first, string second)
    {
        string[] addresses = [first, second];
        var endpoints = string.Join(", ", addresses.Select((address, number) => address.Length == 0 ? "" : $$$"""
            {"addresses": ["{{{address}}}"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod",
             "name": "worker-{{{number}}}"}}
            """).Append("""
            {"addresses": ["10.1.0.77"], "conditions": {"ready": false}, "targetRef": {"kind": "Pod",
             "name": "worker-7"}}
            """).Where(text => text.Length > 0));
        var ready = string.Join(", ", addresses.Select((address, number) => address.Length == 0 ? "" : $$$"""
            {"ip": "{{{address}}}", "targetRef": {"kind": "Pod", "name": "worker-{{{number}}}"}}
            """).Where(text => text.Length > 0));
        var all = ready.Length == 0 ? "" : $"\"addresses\": [{ready}], ";
        var ports = """[{"name": "query", "port": 9465}, {"name": "ingest", "port": 9466}]""";
        var slices = $"apis/discovery.k8s.io/v1beta1/namespaces/{space.Name}/endpointslices";
        await space.PutAsync(isNew, slices, "workers-x", $$$"""
            {"metadata": {"name": "workers-x", "labels": {"kubernetes.io/service-name": "workers"}},
             "addressType": "IPv4", "endpoints": [{{{endpoints}}}], "ports": {{{ports}}}}
            """);
        await space.PutAsync(isNew, $"api/v1/namespaces/{space.Name}/endpoints", "workers", $$$"""
            {"metadata": {"name": "workers"}, "subsets": [{ {{{all}}}"notReadyAddresses": [{"ip": "10.1.0.77"}],
             "ports": {{{ports}}}}]}
            """);
    }

    private static string Text(ServiceMembers members) =>
        string.Join(' ', members.Members.Select(member => $"{member.Name}={member.Address}"));

    public static TheoryData<string, string, string?> Slices => new()
    {
        {
            """
            {"endpoints": [{"addresses": ["fd00::5"], "hostname": "w-0"}, {"addresses": ["10.0.0.1"]}],
             "ports": [{"port": 1}]}
            """, "w-0=[fd00::5]:1 10.0.0.1=10.0.0.1:1", null
        },
        {
            """
            {"endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]}
            """, "", "service shop/workers:ingest: it has no port of that name"
        },
        {
            """
            {"endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"name": "../x"}}], "ports": [{"port": 1}]}
            """, "", "service shop/workers:ingest: a worker may not be called '../x'"
        },
        { """{"endpoints": [{}, null, {"addresses": []}], "ports": [{"port": 70000}]}""", "", null },
        { """{"addressType": "FQDN", "endpoints": [{"addresses": ["x"]}], "ports": [{"port": 1}]}""", "none", null },
        { "{}", "", null },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void A_slice_names_workers_with_their_port(string json, string members, string? problem)
    {
        var reader = new ServiceSlices(s_workers);
        using var document = JsonDocument.Parse(json);
        var slice = reader.Read(reader.Kinds[0], document.RootElement);
        var read = slice?.Members.Select(member => $"{member.Name}={member.Address}");
        Assert.Equal(members, read is null ? "none" : string.Join(' ', read));
        Assert.Equal(problem, slice?.Problem);
    }

    [Theory]
    [InlineData("shop/workers", "shop/workers:ingest")]
    [InlineData("shop/workers:9466-tcp", "shop/workers:9466-tcp")]
    [InlineData("workers", null)]
    [InlineData("shop/workers:", null)]
    [InlineData("shop/../secrets", null)]
    [InlineData("shop/workers,x=y", null)]
    public void The_option_names_a_service(string text, string? read)
    {
        if (read is null) Assert.Throws<UsageException>(() => ServiceText.Parse("--workers-service", text, "ingest"));
        else Assert.Equal(read, ServiceText.Parse("--workers-service", text, "ingest").ToString());
    }

    [Fact]
    public void Workers_are_named_in_one_way()
    {
        var both = new WorkersChoice(Text: "a=b:1", Service: "shop/workers");
        Assert.Throws<UsageException>(() => WorkerList.Of(both, null, "ingest", TimeProvider.System));
        Assert.Null(WorkerList.Of(new WorkersChoice(), null, "ingest", TimeProvider.System));
    }
}
