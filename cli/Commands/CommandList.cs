using System.CommandLine;
using NetSniff.Cli.Commands.Certificates;
using NetSniff.Cli.Commands.Completion;
using NetSniff.Cli.Commands.Crds;
using NetSniff.Cli.Commands.Demo;
using NetSniff.Cli.Commands.Depth;
using NetSniff.Cli.Commands.Docs;
using NetSniff.Cli.Commands.Doctor;
using NetSniff.Cli.Commands.Export;
using NetSniff.Cli.Commands.Fields;
using NetSniff.Cli.Commands.Helping;
using NetSniff.Cli.Commands.Interfaces;
using NetSniff.Cli.Commands.Live;
using NetSniff.Cli.Commands.Operator;
using NetSniff.Cli.Commands.Pcap;
using NetSniff.Cli.Commands.Read;
using NetSniff.Cli.Commands.Records;
using NetSniff.Cli.Commands.Rules;
using NetSniff.Cli.Commands.Sensors;
using NetSniff.Cli.Commands.Sql;
using NetSniff.Cli.Commands.Status;
using NetSniff.Cli.Commands.Top;
using NetSniff.Cli.Commands.Ui;
using NetSniff.Cli.Commands.Up;
using NetSniff.Cli.Commands.Workers;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli.Commands;

/// <summary>The verbs of `netsniff`. Adding one is adding its line.</summary>
internal static class CommandList
{
    public const string About =
        """
        See what a network says: flows, and the HTTP, gRPC, DNS, TLS and other exchanges in them.

        Examples:
          netsniff demo
          netsniff live
          netsniff read trace.pcap
          netsniff fields http
          netsniff up
          netsniff http --follow
        """;

    public static int Run(string[] arguments, Terminal terminal, bool listens) =>
        CommandLine.Run(arguments, terminal, listens, Root);

    private static RootCommand Root(CommandRunner runner)
    {
        if (runner.IsPlugin) return PluginCommands.Root(runner);

        var root = new RootCommand(About)
        {
            DemoCommand.Make(runner),
            ReadCommand.Make(runner),
            LiveCommand.Make(runner),
            TopCommand.Make(runner),
            FieldsCommand.Make(runner),
            InterfacesCommand.Make(runner),
            UpCommand.Make(runner),
            SensorCommand.Make(runner),
            WorkerCommand.Make(runner),
            OperatorCommand.Make(runner),
            CertificatesCommand.Make(runner),
            RulesCommand.Make(runner),
            CrdsCommand.Make(runner),
            DocsCommand.Make(runner),
        };
        foreach (var command in RecordsCommands.All(runner)) root.Add(command);
        root.Add(SqlCommand.Make(runner));
        root.Add(StatusCommand.Make(runner));
        root.Add(UiCommand.Make(runner));
        root.Add(ExportCommand.Make(runner));
        root.Add(PcapCommand.Make(runner));
        root.Add(DepthCommand.Make(runner));
        root.Add(DoctorCommand.Make(runner));
        root.Add(CompletionCommand.Make(runner));
        return root;
    }
}
