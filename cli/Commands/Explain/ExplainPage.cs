using System.Text;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli.Commands.Explain;

/// <summary>A node on one page.</summary>
/// <param name="isWhole">Every setting and every pod.</param>
internal sealed class ExplainPage(OutputBuffer buffer, Line line, bool isWhole)
{
    private const int PodsShown = 10;

    /// <summary>What people ask for first; the rest is shown where somebody asked for something else.</summary>
    private static readonly string[] s_first =
    [
        "capture.interfaces.include", "capture.bpfFilter", "capture.sampling.mode", "payload.level", "redaction.mode",
        "budget.cpu", "budget.memory", "budget.onOverload", "storage.packetBuffer.size", "protocols",
    ];

    public void Write(NodeSight sight)
    {
        WriteSensor(sight);
        WriteProfiles(sight.Plan);
        if (sight.Plan.Settings.Count > 0) WriteSettings(sight.Plan);
        WriteTargets(sight.Plan);
    }

    private void WriteSensor(NodeSight sight)
    {
        Title($"Sensor of {sight.Node}");
        var grid = new Grid("POD", "STATE", "CLASS", "WANTED", "RUNS", "RUNG") { Indent = 2 };
        var why = sight.Sensor is { } pod ? PodState.WhyNot(pod) : "there is none";
        grid.Add(
            GridCell.Of(sight.Sensor is { } one ? KubeObject.FullName(one) : "", Paint.Cyan),
            why.Length == 0 ? GridCell.Of("ready", Paint.Green) : GridCell.Of(why, Paint.Red),
            GridCell.Of(sight.Plan.Class.Length > 0 ? sight.Plan.Class : "none"),
            GridCell.Of(sight.Plan.Revision),
            GridCell.Of(
                sight.Running?.Status?.ConfigRevision ?? "",
                sight.IsProgrammed is false ? Paint.Yellow : Paint.Plain),
            GridCell.Of(sight.Running?.Status?.Rung ?? ""));
        grid.Write(line, buffer);
        if (sight.IsProgrammed is false) Note("the sensor runs something else than the profiles say now");
    }

    private void WriteProfiles(NodePlan plan)
    {
        Title("Profiles");
        var grid = new Grid("NAME", "HERE") { Indent = 2 };
        foreach (var profile in plan.Profiles)
        {
            grid.Add(
                GridCell.Of(profile.Name, Paint.Cyan),
                profile.WhyNot.Length == 0
                    ? GridCell.Of("holds", Paint.Green) : GridCell.Of(profile.WhyNot, Paint.Dim));
        }

        if (plan.Profiles.Count == 0) Note("there is none: nothing is captured");
        else grid.Write(line, buffer);
    }

    private void WriteSettings(NodePlan plan)
    {
        Title("Together they come to");
        var grid = new Grid("FIELD", "IN FORCE", "ASKED OTHERWISE") { Indent = 2, Remedy = "-o yaml shows" };
        var shown = plan.Settings.Where(setting => isWhole || setting.Others.Count > 0
            || (s_first.Contains(setting.Field) && setting.InForce.Length > 0)).ToList();
        foreach (var setting in shown)
        {
            grid.Add(
                GridCell.Of(setting.Field),
                GridCell.Of(setting.InForce.Length > 0 ? setting.InForce : "-", Paint.Bold),
                GridCell.Of(
                    string.Join("; ", setting.Others.Select(static other =>
                        $"{other.Profile}: {(other.Value.Length > 0 ? other.Value : "-")}")),
                    Paint.Yellow));
        }

        grid.Write(line, buffer);
        var left = plan.Settings.Count - shown.Count;
        if (left > 0) Note($"{left} more with --all");
    }

    private void WriteTargets(NodePlan plan)
    {
        Title("Whose traffic");
        if (plan.Targets.IsAll)
        {
            Note("that of every pod, and of the node itself");
            return;
        }

        if (plan.Targets.HasHostTraffic) Note("that of the node itself, and of these pods");
        if (plan.Pods.Count == 0)
        {
            Note("no pod of this node is selected");
            return;
        }

        var grid = new Grid("POD", "ADDRESSES", "SELECTED BY") { Indent = 2 };
        foreach (var target in plan.Pods.Take(isWhole ? int.MaxValue : PodsShown))
        {
            grid.Add(
                GridCell.Of(target.Pod, Paint.Cyan), GridCell.Of(string.Join(", ", target.Addresses)),
                GridCell.Of(string.Join(", ", target.Profiles)));
        }

        grid.Write(line, buffer);
        var left = plan.Pods.Count - grid.Count;
        if (left > 0) Note($"{left} more with --all");
        if (plan.Targets.ExcludeCidrs.Count > 0) Note($"but not with {string.Join(", ", plan.Targets.ExcludeCidrs)}");
    }

    private void Title(string text)
    {
        if (!text.StartsWith("Sensor", StringComparison.Ordinal)) buffer.EndLine();
        line.Use(Paint.Bold);
        line.Own(text);
        line.Use(Paint.Plain);
        End();
    }

    private void Note(string text)
    {
        line.Use(Paint.Dim);
        line.Own("  ");
        line.Captured(Encoding.UTF8.GetBytes(text));
        line.Use(Paint.Plain);
        End();
    }

    private void End()
    {
        line.MoveTo(buffer);
        buffer.EndLine();
    }
}
