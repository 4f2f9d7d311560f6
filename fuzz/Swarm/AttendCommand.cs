using System.Text.Json;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Security;

namespace NetSniff.Fuzz.Swarm;

/// <summary>`attend`: many sensors that capture nothing, as an operator sees them: each takes every plan at once and
/// says so. e2e/kubernetes/scale.py makes the nodes that they claim to be on.</summary>
internal static class AttendCommand
{
    public static int Run(Arguments arguments)
    {
        if (arguments.Text("operator") is not { } address || arguments.Text("tls") is not { } tls)
        {
            return Arguments.Refuse("attend --operator HOST:PORT --tls FOLDER [--count N] [--prefix NODE-]");
        }

        var length = TimeSpan.FromSeconds(arguments.Number("seconds", 300));
        var options = new ClusterOptions
        {
            Address = address,
            Security = new ClientSecurity(new CertificateFiles(CertificatePaths.In(tls))),
        };
        var prefix = arguments.Text("prefix") ?? "fake-";
        var members = Enumerable.Range(1, arguments.Number("count", 120))
            .Select(number => new IdleMember($"{prefix}{number}")).ToList();
        return RunAsync(options, members, length).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(ClusterOptions options, List<IdleMember> members, TimeSpan length)
    {
        ThreadPool.SetMinThreads(32, 32);
        using var stop = new CancellationTokenSource(length);
        var links = members.Select(member => new ClusterLink(options, member)).ToList();
        await Task.WhenAll(links.Select(link => link.RunAsync(stop.Token))).ConfigureAwait(false);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            members = members.Count,
            connections = links.Sum(link => link.Connections),
            plans = members.Sum(member => member.Plans),
            problem = links.Select(link => link.Problem).FirstOrDefault(problem => problem is not null),
        }));
        foreach (var link in links) link.Dispose();
        return 0;
    }
}
