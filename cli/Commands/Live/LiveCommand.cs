using System.CommandLine;
using System.Globalization;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Live;

/// <summary>`netsniff live`: what passes the interfaces of this machine, as it happens.</summary>
internal static class LiveCommand
{
    private const string About =
        """
        Capture from network interfaces and show flows and transactions as they happen. Ctrl-C ends it with a summary.
        Needs root, or the capability to open raw sockets: sudo setcap cap_net_raw+ep FILE

        Examples:
          netsniff live
          netsniff live -i eth0 --filter 'tcp port 8080' --where 'http.latency > 100ms'
          netsniff live -i eth0 -i lo --duration 1m -o summary
          netsniff live -i eth0 -o pcapng -w trace.pcapng
          netsniff live --netns /proc/4711/ns/net -i eth0
          netsniff live -o eve | vector
        """;

    public static Command Make(CommandRunner runner)
    {
        var interfaces = new Option<string[]>("--interface", "-i")
        {
            Description = "Interface to capture from; may be given several times. Without it: all. "
                + "`netsniff interfaces` lists them.",
            HelpName = "IF",
        };
        var duration = Text("--duration", "LENGTH", "Stop after so long: 30s, 5m, 1h.");
        var snapLength = Text("--snaplen", "BYTES", "Most bytes kept of a packet; cut ones give partial records.");
        var noPromiscuous = new Option<bool>("--no-promiscuous", "-p")
        {
            Description = "Only packets meant for this machine.",
        };
        var direction = Text("--direction", "WAY", "in, out or both, as this machine sees it.");
        var backend = Text("--backend", "NAME", $"{Captures.AnyBackend}, {string.Join(" or ", Captures.LiveNames)}.");
        var rings = new Option<string?>("--rings", "--threads")
        {
            Description = "Threads the packets are shared out to, a flow always to the same.",
            HelpName = "N",
        };
        var ringMebibytes = Text(
            "--ring-mib", "MIB", "Kernel memory for each thread and interface: more rides out longer bursts (64).");
        var netns = Text(
            "--netns", "NAME", "Network namespace of the interfaces: a name of `ip netns`, or a path /proc/1/ns/net.");
        var options = new CaptureOptions();
        var command = new Command("live", About)
        {
            interfaces, duration, snapLength, noPromiscuous, direction, backend, rings, ringMebibytes, netns,
        };
        options.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var settings = options.Read(result, terminal);
            var names = result.GetValue(interfaces) ?? [];
            var live = new LiveOptions
            {
                Interfaces = names.Length == 0 ? [LiveOptions.AnyInterface] : names,
                SnapLengthMax = Number(result, snapLength, 1, LiveCapturing.SnapLengthMax)
                    ?? LiveCapturing.SnapLengthMax,
                IsPromiscuous = !result.GetValue(noPromiscuous),
                Direction = DirectionOf(result.GetValue(direction)),
                Rings = Number(result, rings, 1, LiveOptions.RingsMax) ?? 1,
                RingMebibytes = Number(result, ringMebibytes, 1, LiveOptions.RingMebibytesMax)
                    ?? LiveOptions.RingMebibytesDefault,
                NetworkNamespace = NamespacePath(result.GetValue(netns)),
            };
            live = live with { Filter = Capturing.CaptureOutput.PacketFilter(settings) };
            var length = Durations.ParseOption(duration.Name, result.GetValue(duration));
            var backendName = result.GetValue(backend) ?? Captures.AnyBackend;
            return new LiveCapturing(terminal, settings, interrupts).Run(live, backendName, length);
        });
        return command;
    }

    private static Option<string?> Text(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };

    private static int? Number(ParseResult result, Option<string?> option, int least, int most)
    {
        if (result.GetValue(option) is not { } text) return null;

        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return isNumber && number >= least && number <= most
            ? number
            : throw new UsageException($"{option.Name} is a whole number from {least} to {most}, not '{text}'");
    }

    // `ip netns` keeps its names there (ip-netns(8)).
    private static string? NamespacePath(string? name) =>
        name is null || name.Contains('/', StringComparison.Ordinal) ? name : $"/run/netns/{name}";

    private static CaptureDirection DirectionOf(string? text) => text switch
    {
        null or "both" => CaptureDirection.Both,
        "in" => CaptureDirection.In,
        "out" => CaptureDirection.Out,
        _ => throw new UsageException($"--direction is in, out or both, not '{text}'"),
    };
}
