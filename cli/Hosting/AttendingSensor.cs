using NetSniff.Json;
using NetSniff.Sensor.Governor;
using NetSniff.Storage.Config;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Hosting;

/// <summary>A sensor as its operator sees it.</summary>
internal sealed class AttendingSensor(
    Terminal terminal, AttendingSettings settings, SensorProgram sensor, PlanKeeper plans) : IClusterMember
{
    private readonly MemberReport _report = new(sensor.Board, plans);

    public ClusterHello Hello() => new()
    {
        Kind = ClusterKind.Sensor, Pod = settings.Pod, Node = settings.Node, Class = settings.Class,
        Version = ProgramVersion.Text,
    };

    public ClusterReport Report()
    {
        var report = _report.New();
        if (sensor.IsPurged)
        {
            report.IsReady = false;
            report.Unmet.Add(new ConditionReport
            {
                Name = "captures", Reason = ClusterLimits.PurgedReason, Text = "waits for its end",
            });
            return report;
        }

        var tally = sensor.Tally();
        (report.Packets, report.PacketsDropped) = (tally.Offered - tally.Lost, tally.Lost);
        report.Bytes = sensor.Host.Shards.Sum(static shard => shard.Counters.Bytes);
        (report.Rung, report.RungReason) = sensor.Rung;
        report.WaitingBytes = sensor.Host.Spooled.BytesOnDisk;
        var oldest = sensor.Host.Spooled.OldestNanos;
        if (oldest > 0)
        {
            report.LagMillis = Math.Max(0, (Timestamps.Nanos(terminal.Clock.GetUtcNow()) - oldest) / 1_000_000);
        }

        return report;
    }

    public void Take(ClusterPlan plan)
    {
        if (plans.Offer(OperatorTalk.FilesOf(plan))) OperatorTalk.Tell(terminal, plans);
    }

    public async Task<string?> RunAsync(ClusterTask task, CancellationToken cancel)
    {
        if (task.KindCase != ClusterTask.KindOneofCase.Purge) return "a sensor of this version cannot do that";

        await sensor.PurgeAsync().ConfigureAwait(false);
        return null;
    }
}
