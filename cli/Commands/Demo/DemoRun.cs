using System.Net.NetworkInformation;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Live;
using NetSniff.Cli.Commands.Read;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Demo;

/// <summary>Opens the shop and sniffs it; where that cannot be, shows the recording of an earlier day.</summary>
internal sealed class DemoRun(Terminal terminal, CaptureSettings settings, Interrupts interrupts)
{
    private static readonly string[] s_needed = ["ip", "unshare", "setsid", "ss", "mount"];

    /// <param name="duration">Null for no end.</param>
    public int Run(TimeSpan? duration, bool isCaptureOnly)
    {
        // Before anything is opened, so that a bad filter is told at once.
        CaptureOutput.Where(settings);
        var filter = CaptureOutput.PacketFilter(settings);
        int code;
        try
        {
            if (isCaptureOnly) code = Recorded();
            else if (WhyNot() is { } why) code = Instead(why);
            else code = Live(duration, filter);
        }
        catch (ShopException problem)
        {
            code = Instead(problem.Message);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }

        SayWhatNext();
        return code;
    }

    /// <summary>Why no shop can be opened here; null when it can.</summary>
    internal static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux()) return "this is not Linux";
        if (!Environment.IsPrivilegedProcess) return "not root";

        var missing = s_needed.Where(program => !ShopProcess.HasProgram(program)).ToList();
        return missing.Count == 0 ? null : $"{string.Join(", ", missing)} not found (iproute2, util-linux)";
    }

    private int Live(TimeSpan? duration, CaptureFilter? filter)
    {
        var script = new ShopScript(ShopProcess.HasProgram);
        Say("opening a small shop in network namespaces of its own");
        using var shop = ShopProcess.Open(script, interrupts.Token);
        SayWhatIsMissing(script, shop);
        if (duration is null) Say($"look in:  nsenter -t {shop.Id} -m -p ip netns exec client curl http://web.shop/");
        var options = new LiveOptions
        {
            Interfaces = [ShopPlan.Bridge],
            NetworkNamespace = shop.NetworkNamespace,
            Filter = filter,
        };
        var capturing = new LiveCapturing(terminal, settings, interrupts)
        {
            Started = () => shop.Tell(script.Story()),
        };
        using var ending = shop.Ended.Register(() => interrupts.Stop(StopReason.Enough));
        var code = capturing.Run(options, "af-packet", duration);
        if (!shop.Ended.IsCancellationRequested || code != ExitCode.Ok) return code;

        terminal.Say("the shop closed before its time: its shell was ended by somebody else");
        return ExitCode.Failed;
    }

    private int Instead(string why)
    {
        Say($"no shop can be opened here ({why}): reading a recorded one instead");
        return Recorded();
    }

    private int Recorded() =>
        new FileReading(terminal, settings, [ShopFiles.CapturePath], interrupts).Run();

    private void SayWhatIsMissing(ShopScript script, ShopProcess shop)
    {
        var servers = ShopPlan.Hosts
            .Where(host => script.Missing.Contains(host) || shop.Down.Contains(host.Name))
            .Select(host => $"{host.Name} ({host.Server!.Package})");
        var programs = script.MissingPrograms.Where(program => !program.StartsWith('/'));
        var missing = string.Join(", ", servers.Concat(programs));
        if (missing.Length > 0) Say($"without {missing}; tools/install.sh demo installs what is missing");
    }

    private void SayWhatNext()
    {
        var door = NetworkInterface.GetAllNetworkInterfaces()
            .Where(door => door.OperationalStatus == OperationalStatus.Up)
            .FirstOrDefault(door => door.NetworkInterfaceType != NetworkInterfaceType.Loopback);
        var rights = Environment.IsPrivilegedProcess ? "" : "sudo ";
        if (!settings.IsQuiet) terminal.Error.WriteLine($"\nnext: {rights}netsniff live -i {door?.Name ?? "eth0"}");
    }

    private void Say(string text)
    {
        if (!settings.IsQuiet) terminal.Say(text);
    }
}
