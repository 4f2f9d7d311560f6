using System.CommandLine;
using NetSniff.Cli.Commands.Servers;

namespace NetSniff.Cli.Commands.Pcap;

/// <summary>`netsniff pcap`: packets that sensors keep, as one capture file.</summary>
internal static class PcapCommand
{
    private const string About =
        """
        Cut packets out of what sensors keep (netsniff up --packets 1Gi), from all nodes into one pcapng in order of
        time. A filter over addresses, ports and protocols is asked of the packets themselves; any other is asked of
        records, and the connections of those that match are cut whole. What is missing stands in the file's comment.

        Examples:
          netsniff pcap --since 5m -o last.pcapng
          netsniff pcap --where 'http.status >= 500' --since 1h -o failed.pcapng
          netsniff pcap --where 'ip == 10.1.2.3 and port == 53' --follow | wireshark -k -i -
          netsniff pcap --node node-7 --first 1000 | tshark -r -
          netsniff pcap --finding 6b1f9c0d2e3a4b5c6d7e8f9001122334 -o finding.pcapng
          netsniff pcap --from /var/lib/netsniff/spool -o kept.pcapng
        """;

    private const string PluginAbout =
        """
        Cut packets out of what the nodes' sensors keep, from before now as far as they reach back, into one pcapng in
        order of time, with the names of pods in it. A filter over addresses, ports and protocols is asked of the
        packets themselves; any other is asked of records, and the connections of those that match are cut whole. What
        is missing stands in the file's comment. Needs the right to get capturesessions/files of the namespace.

        Examples:
          netsniff pcap deploy/web --since 2m -o - | wireshark -k -i -
          netsniff pcap pod/cart-0 -n shop --since 10m -o cart.pcapng
          netsniff pcap -A --where 'http.status >= 500' --since 1h -o failed.pcapng
          netsniff pcap svc/web --follow -o - | tshark -r -
        """;

    public static Command Make(CommandRunner runner)
    {
        var options = new PcapOptions();
        var from = TextOption.Of(
            "--from", "FOLDER", "Read the ring in a spool's folder on this machine instead of asking a worker.");
        var finding = TextOption.Of(
            "--finding", "ID", "The packets that were kept for a finding (finding.id), as they were cut then.");
        var strict = new Option<bool>("--strict") { Description = "Exit with 3 when anything is missing." };
        var server = new ServerOptions(runner);
        var target = runner.Kube.Target();
        var command = new Command("pcap", runner.IsPlugin ? PluginAbout : About);
        if (runner.IsPlugin) command.Add(target);
        options.AddTo(command);
        if (!runner.IsPlugin) command.Add(from);
        command.Add(finding);
        command.Add(strict);
        server.AddTo(command, isScoped: true);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var folder = runner.IsPlugin ? null : result.GetValue(from);
            var request = options.Read(result, terminal.Clock, isHere: folder is not null);
            if (options.WritesTo(result) is null && terminal.IsOutputTerminal)
            {
                throw new UsageException(
                    "a capture file is nothing for a terminal: -o FILE.pcapng, or | tshark -r -, "
                    + "or | wireshark -k -i -");
            }

            if (folder is not null)
            {
                if (server.IsNamedHere(result)) throw new UsageException("--from and --server exclude each other");
                return new RingReading(terminal, interrupts).Run(folder, request, options.WritesTo(result));
            }

            var asking = new PcapAsking(terminal, interrupts) { IsStrict = result.GetValue(strict) };
            var (endpoint, scope) = server.ReadScoped(
                result, terminal, runner.IsPlugin ? result.GetValue(target) : null, interrupts.Token, forPackets: true);
            if (result.GetValue(finding) is { } id) return asking.Fetch(endpoint, id, options.WritesTo(result));

            request.Where = scope.Narrowed(request.Where);
            return asking.Run(endpoint, request, options.WritesTo(result));
        });
        return command;
    }
}
