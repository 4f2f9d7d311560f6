using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;
using NetSniff.Filters.Expression;
using NetSniff.Kube;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Explain;

/// <summary>`kubectl netsniff explain NODE`: what the sensor of a node does, and by whose wish.</summary>
internal static class ExplainCommand
{
    private const string About =
        """
        Show what the sensor of a node is to do: which profiles hold there, what they come to together and who asked for
        something else, which pods' traffic is looked at, and whether the sensor runs it.

        Examples:
          netsniff explain node-1
          netsniff explain node-1 --all
          netsniff explain node-1 -o yaml
        """;

    private static readonly string[] s_formats = ["table", "json", "yaml"];

    public static Command Make(CommandRunner runner)
    {
        var node = new Argument<string>("NODE") { Description = "Name of a node; `kubectl get nodes` lists them." };
        node.CompletionSources.Add(runner.Kube.Names.Nodes);
        var all = new Option<bool>("--all") { Description = "Every setting and every pod, not only the first." };
        var format = TextOption.Of("--output", "FORMAT", "table, json or yaml (table).");
        format.Aliases.Add("-o");
        format.CompletionSources.Add(s_formats);
        var color = new Option<string>("--color")
        {
            Description = "auto, always or never. NO_COLOR is respected.", HelpName = "WHEN",
            DefaultValueFactory = static _ => "auto",
        };
        var command = new Command("explain", About) { node, all, format, color };
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var asked = result.GetValue(format) ?? s_formats[0];
            if (!s_formats.Contains(asked))
            {
                throw new UsageException($"no output format '{asked}': use {string.Join(", ", s_formats)}");
            }

            var isColoured = CaptureOptions.IsColoured(result.GetValue(color)!, terminal.IsOutputTerminal, terminal);
            using var way = runner.Kube.OpenWhole(result, terminal);
            var sight = SightAsync(way, result.GetValue(node)!, terminal, interrupts.Token).GetAwaiter().GetResult();
            var buffer = new OutputBuffer(terminal.Output);
            if (asked == s_formats[0])
            {
                var line = new Line(isColoured, terminal.IsOutputTerminal ? terminal.Columns() : Line.Endless);
                new ExplainPage(buffer, line, result.GetValue(all)).Write(sight);
            }
            else
            {
                ObjectOutput.Write(buffer, asked, ExplainDocument.Of(sight));
            }

            buffer.Flush();
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<NodeSight> SightAsync(
        ClusterWay way, string name, Terminal terminal, CancellationToken cancel)
    {
        var nodes = await way.Reading.ListAsync(KubeKinds.Nodes, null, cancel).ConfigureAwait(false);
        var node = nodes.FirstOrDefault(one => KubeObject.Name(one) == name);
        if (node.ValueKind == JsonValueKind.Undefined)
        {
            var near = Likeness.Nearest(name, nodes.Select(KubeObject.Name));
            throw new KubeRefusal(
                $"there is no node {name}" + (near is null ? "" : $"; did you mean {near}?"), FailureKind.NotServed);
        }

        var pods = await way.Reading.ListAsync(KubeKinds.Pods, null, cancel, fields: $"spec.nodeName={name}")
            .ConfigureAwait(false);
        var profiles = await way.Reading.ListAsync(KubeKinds.Profiles, null, cancel).ConfigureAwait(false);
        var namespaces = await way.Reading.ListAsync(KubeKinds.Namespaces, null, cancel).ConfigureAwait(false);
        var (installation, _) = await way.FindAsync(cancel).ConfigureAwait(false);
        var sensor = pods.FirstOrDefault(static pod =>
            pod.Text("metadata", "labels", "app.kubernetes.io/component") == "sensor"
            && pod.Text("metadata", "labels", "app.kubernetes.io/part-of") == "netsniff");
        return new NodeSight(
            name, NodePlan.Of(node, profiles, pods, namespaces, installation.Namespace),
            sensor.ValueKind == JsonValueKind.Undefined ? null : sensor,
            await RunningAsync(way, name, terminal, cancel).ConfigureAwait(false));
    }

    /// <summary>What the sensor says of itself; null where nobody says it.</summary>
    private static async Task<SensorState?> RunningAsync(
        ClusterWay way, string node, Terminal terminal, CancellationToken cancel)
    {
        try
        {
            var status = await way.StatusAsync(terminal.Clock, cancel).ConfigureAwait(false);
            return status.Sensors.FirstOrDefault(sensor => sensor.Node == node);
        }
        catch (KubeRefusal refusal)
        {
            terminal.Say($"without the sensor's own word: {refusal.Message.Split('\n')[0]}");
            return null;
        }
    }
}
