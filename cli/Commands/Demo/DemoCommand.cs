using System.CommandLine;

namespace NetSniff.Cli.Commands.Demo;

/// <summary>`netsniff demo`: something to look at, on a machine where nothing happens.</summary>
internal static class DemoCommand
{
    private const string About =
        """
        Open a small shop in network namespaces of its own (web, gRPC, chat, DNS, a database, customers and an intruder),
        and show what they say to each other, as `netsniff live` would. Nothing of it is left behind. Needs root on Linux;
        without that a recorded shop is read instead.

        Examples:
          netsniff demo
          netsniff demo --forever
          netsniff demo --where 'http.status >= 500'
          netsniff demo -o pcapng -w shop.pcapng
        """;

    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(20);

    public static Command Make(CommandRunner runner)
    {
        var duration = new Option<string?>("--duration")
        {
            Description = "Close the shop after so long: 30s, 5m. Without it: 20s.",
            HelpName = "LENGTH",
        };
        var forever = new Option<bool>("--forever") { Description = "Leave it open until Ctrl-C." };
        var captureOnly = new Option<bool>("--capture-only") { Description = "Read the recorded shop; open none." };
        var options = new CaptureOptions();
        var command = new Command("demo", About) { duration, forever, captureOnly };
        options.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var length = result.GetValue(duration);
            var isForever = result.GetValue(forever);
            if (isForever && length is not null)
            {
                throw new UsageException("--duration and --forever exclude each other");
            }

            var settings = options.Read(result, terminal, OutputFormat.Table) with
            {
                Names = ShopPlan.Names,
                FoldsFlows = true,
                IsSummarised = true,
            };
            var limit = isForever ? null : length is null ? s_length : Durations.ParseOption("--duration", length);
            return new DemoRun(terminal, settings, interrupts).Run(limit, result.GetValue(captureOnly));
        });
        return command;
    }
}
