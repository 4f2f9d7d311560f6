using System.CommandLine;
using NetSniff.Cli.Capturing;

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
        var options = new CaptureOptions();
        var command = new Command("read", About) { files, read, follow };
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
            return new FileReading(terminal, settings, paths, interrupts) { IsFollowing = isFollowing }.Run();
        });
        return command;
    }

    /// <summary>A dash alone is standard input.</summary>
    private static bool IsOption(string argument) => argument.Length > 1 && argument[0] == '-';
}
