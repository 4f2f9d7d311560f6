using System.CommandLine;
using System.Net.NetworkInformation;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Interfaces;

/// <summary>`netsniff interfaces`: where `live` can listen, and whether it may.</summary>
internal static class InterfacesCommand
{
    private const int NameColumns = 18;
    private const int StateColumns = 8;

    public static Command Make(CommandRunner runner)
    {
        var command = new Command(
            "interfaces",
            "List the network interfaces, and how this machine can capture.\n\nExamples:\n  netsniff interfaces");
        runner.Set(command, static (_, terminal, _) => Run(terminal));
        return command;
    }

    private static int Run(Terminal terminal)
    {
        var buffer = new OutputBuffer(terminal.Output);
        var line = new Line(terminal.IsOutputTerminal && !terminal.IsPlain);
        foreach (var door in NetworkInterface.GetAllNetworkInterfaces().OrderBy(door => door.Name, StringComparer.Ordinal))
        {
            var isUp = door.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown;
            line.Use(Paint.Cyan);
            line.Own(door.Name);
            line.Use(Paint.Plain);
            line.Own(" "u8);
            line.PadTo(NameColumns);
            line.Use(isUp ? Paint.Green : Paint.Dim);
            line.Own(isUp ? "up"u8 : "down"u8);
            line.Use(Paint.Plain);
            line.PadTo(NameColumns + StateColumns);
            line.Own(string.Join(", ", door.GetIPProperties().UnicastAddresses.Select(address => address.Address)));
            line.MoveTo(buffer);
            buffer.EndLine();
        }

        buffer.EndLine();
        foreach (var backend in Captures.All) WriteBackend(line, buffer, backend);
        buffer.Flush();
        return ExitCode.Ok;
    }

    private static void WriteBackend(Line line, OutputBuffer buffer, CaptureBackend backend)
    {
        var support = backend.Support();
        line.Own(backend.Info.Name);
        line.Own(" "u8);
        line.PadTo(NameColumns);
        line.Use(support.IsSupported ? Paint.Green : Paint.Yellow);
        line.Own(support.IsSupported ? "ready"u8 : "no"u8);
        line.Use(Paint.Plain);
        line.PadTo(NameColumns + StateColumns);
        line.Own(support.IsSupported ? backend.Info.About : $"{support.Why}: {support.Remedy}");
        line.MoveTo(buffer);
        buffer.EndLine();
    }
}
