using System.CommandLine;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Capture;
using NetSniff.Cli.Commands.Completion;
using NetSniff.Cli.Commands.Depth;
using NetSniff.Cli.Commands.Doctor;
using NetSniff.Cli.Commands.Explain;
using NetSniff.Cli.Commands.Export;
using NetSniff.Cli.Commands.Fields;
using NetSniff.Cli.Commands.Pcap;
using NetSniff.Cli.Commands.Records;
using NetSniff.Cli.Commands.Rules;
using NetSniff.Cli.Commands.Sql;
using NetSniff.Cli.Commands.Status;
using NetSniff.Cli.Commands.Top;
using NetSniff.Cli.Commands.Ui;

namespace NetSniff.Cli.Plugin;

/// <summary>The verbs of `kubectl netsniff`. Adding one is adding its line.</summary>
internal static class PluginCommands
{
    private const string About =
        """
        See what the pods of a cluster say to each other: flows, and the HTTP, gRPC, DNS, TLS and other exchanges in
        them, through the API server and with your own rights.

        Examples:
          netsniff doctor
          netsniff flows -A --follow
          netsniff http deploy/web --since 5m
          netsniff top -n shop
          netsniff pcap deploy/web --since 2m -o - | wireshark -k -i -
        """;

    public static RootCommand Root(CommandRunner runner)
    {
        var root = new RootCommand(About)
        {
            DoctorCommand.Make(runner),
            StatusCommand.Make(runner),
            TopCommand.Make(runner),
            UiCommand.Make(runner),
        };
        foreach (var command in RecordsCommands.All(runner)) root.Add(command);
        root.Add(SqlCommand.Make(runner));
        root.Add(PcapCommand.Make(runner));
        root.Add(CaptureCommand.Make(runner));
        root.Add(RulesCommand.Make(runner));
        root.Add(ExplainCommand.Make(runner));
        root.Add(DepthCommand.Make(runner));
        root.Add(ExportCommand.Make(runner));
        root.Add(FieldsCommand.Make(runner));
        root.Add(CompletionCommand.Make(runner));
        runner.Kube.AddToAll(root);
        return root;
    }
}
