using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Plugin;
using NetSniff.Filters.Expression;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Sensor.Capture.PcapFile;
using NetSniff.Wire.Querying;

namespace NetSniff.Cli.Commands.Top;

/// <summary>`netsniff top`: who talks, in which protocols, what fails, how fast, on a full screen.</summary>
internal static class TopCommand
{
    private const string About =
        """
        Who talks to whom, in which protocols, what fails and how long it takes, on a full screen. Shows the interfaces
        of this machine, the packets of a file, or with --server what the sensors of a worker see. ? explains the keys.

        Examples:
          netsniff top
          netsniff top -i eth0 --filter 'port 443'
          netsniff top trace.pcap
          netsniff top --server worker:9465 --where 'http'
        """;

    private const string PluginAbout =
        """
        Who talks to whom, in which protocols, what fails and how long it takes, on a full screen, of a namespace or of
        all. ? explains the keys.

        Examples:
          netsniff top -A
          netsniff top deploy/web
          netsniff top -n shop --where 'http.status >= 500'
        """;

    public static Command Make(CommandRunner runner)
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "A capture file to read instead of interfaces.", Arity = ArgumentArity.ZeroOrOne,
        };
        var interfaces = new Option<string[]>("--interface", "-i")
        {
            Description = "Interface to capture from; may be given several times. Without it: all.", HelpName = "IF",
        };
        var filter = Text("--filter", "FILTER", "Packets that are looked at, in the syntax of pcap-filter.");
        var where = Text("--where", "EXPRESSION", "Records that are counted, such as 'http.status >= 500'.");
        var once = new Option<bool>("--once")
        {
            Description = "Write what a worker's last minute was, and end: needs no terminal.",
        };
        var server = new ServerOptions(runner);
        var target = runner.Kube.Target();
        var command = runner.IsPlugin
            ? new Command("top", PluginAbout) { target, where, once }
            : new Command("top", About) { file, interfaces, filter, where, once };
        server.AddTo(command, isScoped: true);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var isOnce = result.GetValue(once);
            if (isOnce && !server.IsNamed(result))
            {
                throw new UsageException("--once is of a worker: --server names one");
            }

            if (!terminal.IsOutputTerminal && !isOnce)
            {
                throw new UsageException(
                    "top needs a terminal; " + (runner.IsPlugin
                        ? "--once does without" : "`netsniff live -o summary` writes what it saw"));
            }

            var expression = result.GetValue(where) ?? "";
            _ = Where(expression);
            if (isOnce)
            {
                var (endpoint, scope) = server.ReadScoped(
                    result, terminal, runner.IsPlugin ? result.GetValue(target) : null, interrupts.Token);
                return new TopOnce(terminal, endpoint, scope).RunAsync(scope.Narrowed(expression), interrupts.Token)
                    .GetAwaiter().GetResult();
            }

            using TopSource source = server.IsNamed(result)
                ? Asked(server.ReadScoped(
                    result, terminal, runner.IsPlugin ? result.GetValue(target) : null, interrupts.Token))
                : Captured(
                    terminal, result.GetValue(file), result.GetValue(interfaces) ?? [], result.GetValue(filter),
                    expression);
            WorkerTopSource Asked((QueryEndpoint Endpoint, RecordScope Scope) asked) =>
                new(asked.Endpoint, asked.Scope.Narrowed(expression), asked.Scope.ToString());
            new TopLoop(terminal, source, interrupts).Run();
            return ExitCode.Ok;
        });
        return command;
    }

    private static CaptureTopSource Captured(
        Terminal terminal, string? file, string[] interfaces, string? filter, string expression)
    {
        if (file is not null && interfaces.Length > 0) throw new UsageException("FILE or -i, not both");

        var compiled = Filter(filter);
        if (file is not null)
        {
            return new CaptureTopSource(
                file, [PcapFileCapture.Open(file, compiled)], isLive: false, () => Where(expression), terminal.Clock);
        }

        var live = new LiveOptions
        {
            Interfaces = interfaces.Length == 0 ? [LiveOptions.AnyInterface] : interfaces, Filter = compiled,
        };
        var captures = Captures.FindLive(Captures.AnyBackend)!.Open!(live);
        return new CaptureTopSource(
            $"live on {captures[0].Name}", captures, isLive: true, () => Where(expression), terminal.Clock);
    }

    private static CaptureFilter? Filter(string? text)
    {
        try
        {
            return text is null ? null : FilterCompiler.Filter(text);
        }
        catch (CaptureException problem)
        {
            throw new UsageException($"--filter: {problem.Message}");
        }
    }

    private static Filter? Where(string text)
    {
        if (text.Length == 0) return null;

        var parse = FilterExpression.Parse(text);
        return parse.IsOk ? parse.Filter : throw new UsageException($"--where: {parse.Problem!.Format(text)}");
    }

    private static Option<string?> Text(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };
}
