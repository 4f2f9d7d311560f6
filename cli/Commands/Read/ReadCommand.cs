using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Capturing;
using NetSniff.Pipeline;

namespace NetSniff.Cli.Commands.Read;

/// <summary>`netsniff read`: capture files into flows and transactions.</summary>
internal static class ReadCommand
{
    private const string About =
        """
        Read capture files (pcap, pcapng, also gzip or zstd) and show the flows and transactions in them.

        Examples:
          netsniff read trace.pcap
          netsniff read -o summary trace.pcapng.gz
          netsniff read trace.pcap --where 'http.status >= 500 && dst.port == 8080'
          netsniff read trace.pcap --where 'dns.qname like "*.example.com"' -o pcapng -w example.pcapng
          tcpdump -i eth0 -w - | netsniff read -
        """;

    public static Command Make(CommandRunner runner)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Capture files, read in this order as one capture; - is standard input.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var read = new Option<string[]>("--read", "-r") { Description = "As FILE.", HelpName = "FILE" };
        var follow = new Option<bool>("--follow")
        {
            Description = "Wait at the end of the last file for more, as somebody else is writing it. Ctrl-C ends it.",
        };
        var shards = new Option<string?>("--shards")
        {
            Description = "Share the work among so many threads. Records come in another order, always in the same; "
                + "one thread where their number or packets are wanted (-n, -o pcapng). Without it: 1.",
            HelpName = "N",
        };
        var options = new CaptureOptions();
        var command = new Command("read", About) { files, read, follow, shards };
        options.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            string[] paths = [.. result.GetValue(read) ?? [], .. result.GetValue(files) ?? []];
            if (paths.Length == 0)
            {
                throw new UsageException("no file named: `netsniff read FILE`, or - for standard input");
            }

            if (result.GetValue(files)?.FirstOrDefault(IsOption) is { } mistyped)
            {
                throw new UsageException(
                    $"no option {mistyped}: `netsniff read --help` tells what there is; a file is ./{mistyped}");
            }

            var settings = options.Read(result, terminal);
            var isFollowing = result.GetValue(follow);
            return new FileReading(terminal, settings, paths, interrupts)
            {
                IsFollowing = isFollowing,
                Shards = Shards(result.GetValue(shards)),
            }.Run();
        });
        return command;
    }

    private static int Shards(string? text)
    {
        if (text is null) return 1;

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= 1 and <= FrameDealer.ShardsMax
                ? count
                : throw new UsageException(
                    $"--shards is a whole number from 1 to {FrameDealer.ShardsMax}, not '{text}'");
    }

    /// <summary>A dash alone is standard input.</summary>
    private static bool IsOption(string argument) => argument.Length > 1 && argument[0] == '-';
}
