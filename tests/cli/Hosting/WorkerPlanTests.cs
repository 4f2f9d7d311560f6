using System.Globalization;
using System.Net;
using NetSniff.Cli;
using NetSniff.Cli.Hosting;
using NetSniff.Operator.Control;
using NetSniff.Tests.Commands;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Health;
using NetSniff.Wire.Security;

namespace NetSniff.Tests.Cli.Hosting;

/// <summary>A worker that follows an operator.</summary>
public sealed class WorkerPlanTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly LockedText _said = new();
    private readonly ClusterMembers _members = new();

    public ValueTask DisposeAsync()
    {
        _members.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Rules_and_configuration_are_one_plan_taken_or_refused_whole()
    {
        using (var authority = Certificates.NewAuthority("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(1)))
        {
            authority.IssueTo(_folder["tls"], "netsniff-worker");
            authority.IssueTo(_folder["operator-tls"], ClusterOptions.OperatorName);
        }

        await using var server = await ControlServer.StartAsync(
            new ControlOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, 0), IsLeader = static () => true,
                Security = new ServerSecurity(new CertificateFiles(CertificatePaths.In(_folder["operator-tls"]))),
            },
            _members);
        // What is mounted is for the start, before the operator is heard.
        Directory.CreateDirectory(_folder["config"]);
        Directory.CreateDirectory(_folder["rules"]);
        await File.WriteAllTextAsync(_folder["config/worker.json"], Json(1));
        await File.WriteAllTextAsync(_folder["rules/a.yaml"], Rule("a"));
        await using var worker = NewWorker(server.Address.ToString());
        await worker.StartAsync();
        await UntilAsync(() => Worker is { Revision: "rev-1" } && RulesAre("a"));

        Push(2, ("b.yaml", Rule("b")), ("c.yaml", Rule("c")));
        await UntilAsync(() => Worker is { Revision: "rev-2", Sequence: 2 } && RulesAre("b", "c"));

        Push(3, ("b.yaml", "kind: DetectionRule\nspec: {nonsense: 1}\n"));
        await UntilAsync(() => Worker is { Refused.Length: > 0 });
        Assert.StartsWith("rules: ", Worker!.Refused, StringComparison.Ordinal);
        Assert.Equal("rev-2", Worker.Revision);
        Assert.True(RulesAre("b", "c"));

        Push(4);
        await UntilAsync(() => Worker is { Revision: "rev-4", Refused: "" } && RulesAre());
    }

    private MemberState? Worker => _members.Members(MemberKind.Worker) is [var worker] ? worker : null;

    private static string Json(long sequence) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"sequence": {{sequence}}, "revision": "rev-{{sequence}}", "retention": {"age": "{{sequence}}d"} }""");

    private static string Rule(string name) =>
        $$"""
        apiVersion: netsniff.io/v1alpha1
        kind: DetectionRule
        metadata: {name: {{name}}, namespace: test}
        spec:
          severity: Low
          condition: http.status >= 500
          detector: {type: Match}
        """;

    /// <summary>What lies in the plan's folder, which the store's thread follows with its next batch.</summary>
    private bool RulesAre(params string[] names) => Directory.GetFiles(_folder["data/plan/rules"])
        .Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal).SequenceEqual(names);

    private void Push(long sequence, params (string Name, string Text)[] rules)
    {
        var files = rules.ToDictionary(static rule => "rules/" + rule.Name, static rule => rule.Text);
        files["worker.json"] = Json(sequence);
        _members.SetPlan(MemberKind.Worker, "", new MemberPlan(sequence, $"rev-{sequence}", files));
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!holds() && Environment.TickCount64 < end) await Task.Delay(10);
        Assert.True(holds(), $"{Worker} {_said}");
    }

    private WorkerProgram NewWorker(string address) => new(
        new Terminal { Output = Stream.Null, Error = _said },
        new WorkerSettings
        {
            Name = "w0", Folder = _folder["data"], Certificates = CertificatePaths.In(_folder["tls"]),
            ConfigFolder = _folder["config"], RulesFolder = _folder["rules"], PlanFolder = _folder["data/plan"],
            Ingest = new(IPAddress.Loopback, 0), Query = new(IPAddress.Loopback, 0), Health = null,
            Operator = new AttendingSettings(address, "w0", "node-1", ""),
        },
        new HealthBoard("worker", "1", TimeProvider.System));
}
