using Grpc.Core;
using k8s;
using k8s.Models;
using NetSniff.Kube;
using NetSniff.Tests.Kube;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Tests.Worker.Serve.Authorizing;

/// <summary>Against a real API server: its tokens, its roles.</summary>
[Collection(nameof(ControlPlane))]
public sealed class ClusterAuthorityTests(ControlPlane plane)
{
    /// <summary>Whatever does not come by then does not come.</summary>
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task A_service_accounts_token_says_who_it_is()
    {
        using var space = await plane.NewNamespaceAsync();
        await AddAccountAsync(space, "reader");
        var authority = new ClusterAuthority(space.Cluster);
        var person = await authority.WhoAsync(await TokenAsync(space, "reader"), default);
        Assert.Equal($"system:serviceaccount:{space.Name}:reader", person!.Name);
        Assert.Contains("system:serviceaccounts", person.Groups);
        person = await authority.WhoAsync(await TokenAsync(space, "reader", "netsniff"), default);
        Assert.Equal($"system:serviceaccount:{space.Name}:reader", person!.Name);

        // One that was made for somebody else is nothing here; nor is one that is made up.
        Assert.Null(await authority.WhoAsync(await TokenAsync(space, "reader", "vault"), default));
        Assert.Null(await authority.WhoAsync("eyJhbGciOiJub25lIn0.e30.", default));
        Assert.Null(await authority.WhoAsync("made up", default));
    }

    [Fact]
    public async Task What_roles_allow_is_allowed_and_nothing_else()
    {
        using var space = await plane.NewNamespaceAsync();
        await AddAccountAsync(space, "reader");
        var authority = new ClusterAuthority(space.Cluster);
        var reader = (await authority.WhoAsync(await TokenAsync(space, "reader"), default))!;
        Assert.False(await authority.MayAsync(reader, Permission.Flows(space.Name), default));

        await ApplyAsync(space, Missing.In(reader, Permission.Flows, [space.Name]));
        Assert.True(await authority.MayAsync(reader, Permission.Flows(space.Name), default));
        Assert.False(await authority.MayAsync(reader, Permission.Flows("default"), default));
        Assert.False(await authority.MayAsync(reader, Permission.Flows(""), default));
        Assert.False(await authority.MayAsync(reader, Permission.Files(space.Name), default));

        await ApplyAsync(space, Missing.In(reader, Permission.Files, [space.Name]));
        Assert.True(await authority.MayAsync(reader, Permission.Files(space.Name), default));
        await ApplyAsync(space, Missing.Everywhere(reader, Permission.Flows("")));
        Assert.True(await authority.MayAsync(reader, Permission.Flows(""), default));
        Assert.True(await authority.MayAsync(reader, Permission.Flows("default"), default));
        Assert.False(await authority.MayAsync(reader, Permission.Sensors, default));
        await ApplyAsync(space, Missing.Whole(reader, Permission.Sensors));
        Assert.True(await authority.MayAsync(reader, Permission.Sensors, default));
    }

    [Fact]
    public async Task A_user_with_a_namespace_sees_its_records_and_nothing_of_another()
    {
        using var space = await plane.NewNamespaceAsync();
        using var other = await plane.NewNamespaceAsync();
        await AddAccountAsync(space, "alice");
        using var authority = new RememberingAuthority(new ClusterAuthority(space.Cluster), TimeProvider.System);
        await using var worker = await TestWorker.StartAsync(
            authorizing: new AuthorizingOptions(authority, new HashSet<string>()));
        worker.AddBetween(1, space.Name, "");
        worker.AddBetween(2, other.Name, "");
        var client = worker.Client(await TokenAsync(space, "alice", "netsniff"));
        var problem = await Assert.ThrowsAsync<RpcException>(() => ObserveAsync(client, other.Name));
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);

        // As the refusal says, by who may.
        await ApplyAsync(space, problem.Status.Detail.Replace(other.Name, space.Name, StringComparison.Ordinal));
        Assert.Equal([1], await ObserveAsync(client, space.Name));
        problem = await Assert.ThrowsAsync<RpcException>(() => ObserveAsync(client, $"{space.Name},{other.Name}"));
        Assert.Equal(StatusCode.PermissionDenied, problem.StatusCode);
        Assert.Contains($"of namespace {other.Name}.", problem.Status.Detail);
    }

    [Fact]
    public async Task A_worker_that_may_not_ask_says_so()
    {
        plane.Require();
        using var nobody = ClusterClient.Open(plane.NobodysKubeConfig);
        var problem = await Assert.ThrowsAsync<IOException>(() => new ClusterAuthority(nobody).WhoAsync("t", default));
        Assert.Contains("tokenreviews and subjectaccessreviews", problem.Message);
    }

    private static async Task<List<int>> ObserveAsync(Query.QueryClient client, string namespaces)
    {
        using var call = client.Observe(
            new ObserveRequest(), new Metadata { { "x-netsniff-namespace", namespaces } });
        List<int> numbers = [];
        while (await call.ResponseStream.MoveNext(Patience))
        {
            if (call.ResponseStream.Current.WhatCase != ObserveAnswer.WhatOneofCase.Batch) continue;

            numbers.AddRange(TestWorker.Numbers(call.ResponseStream.Current));
        }

        return numbers;
    }

    private static async Task AddAccountAsync(TestNamespaceOfCluster space, string name) =>
        await space.Cluster.Api.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = name } }, space.Name);

    private static async Task<string> TokenAsync(TestNamespaceOfCluster space, string name, string? audience = null)
    {
        var request = new Authenticationv1TokenRequest
        {
            Spec = new V1TokenRequestSpec { Audiences = audience is null ? null : [audience], ExpirationSeconds = 600 },
        };
        var answer = await space.Cluster.Api.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, name, space.Name);
        return answer.Status.Token;
    }

    /// <summary>The objects that a refusal names, which stand behind its words.</summary>
    private static async Task ApplyAsync(TestNamespaceOfCluster space, string refusal)
    {
        var objects = KubernetesYaml.LoadAllFromString(
            refusal[refusal.IndexOf("apiVersion:", StringComparison.Ordinal)..]);
        var roles = space.Cluster.Api.RbacAuthorizationV1;
        foreach (var one in objects)
        {
            await (one switch
            {
                V1Role role => roles.CreateNamespacedRoleAsync(role, space.Name),
                V1RoleBinding binding => roles.CreateNamespacedRoleBindingAsync(binding, space.Name),
                V1ClusterRole role => roles.CreateClusterRoleAsync(role),
                V1ClusterRoleBinding binding => (Task)roles.CreateClusterRoleBindingAsync(binding),
                _ => throw new InvalidOperationException(one.GetType().Name),
            });
        }
    }
}
