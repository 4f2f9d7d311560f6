using System.CommandLine;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Plugin;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>`netsniff ui`: what workers keep, as a page in the browser of whoever typed it.</summary>
internal static class UiCommand
{
    private const string About =
        """
        Show talkers, errors and findings on a page in the browser. The page comes from this command, which listens on
        this machine alone, passes questions on to the worker with your own rights, and lets in only the browser that
        opened its link. Ctrl-C ends it.

        Examples:
          netsniff ui
        """;

    private const string Direct =
        "\n  netsniff ui --no-browser --port 8080\n  netsniff ui --server 10.0.0.7:9465 --ca ca.crt";

    private const string Plugin = "\n  netsniff ui -n shop\n  netsniff ui -A --no-browser\n  netsniff ui deploy/web";

    private static readonly TimeSpan s_firstMax = TimeSpan.FromSeconds(30);

    public static Command Make(CommandRunner runner)
    {
        var port = new Option<ushort?>("--port")
        {
            Description = "Port to listen at, on 127.0.0.1. Without it: one that is free.", HelpName = "PORT",
        };
        var noBrowser = new Option<bool>("--no-browser") { Description = "Only print the link." };
        var target = runner.Kube.Target();
        var server = new ServerOptions(runner);
        var command = new Command("ui", About + (runner.IsPlugin ? Plugin : Direct)) { port, noBrowser };
        if (runner.IsPlugin) command.Add(target);
        server.AddTo(command, isScoped: true);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var (endpoint, scope) = server.ReadScoped(
                result, terminal, runner.IsPlugin ? result.GetValue(target) : null, interrupts.Token);
            using var route = endpoint.Route;
            Ask(endpoint, terminal, interrupts.Token);
            var about = new UiScope(
                runner.IsPlugin, scope.Namespaces, scope.Narrowed(""), terminal.Program.Typed,
                endpoint.ServerName ?? endpoint.Address);
            return RunAsync(
                terminal, interrupts.StoppedAsync(), endpoint, about, result.GetValue(port) ?? 0,
                opens: !result.GetValue(noBrowser)).GetAwaiter().GetResult();
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Task stopped, QueryEndpoint endpoint, UiScope scope, int port, bool opens)
    {
        var server = await UiServer.StartAsync(endpoint, scope, port).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            terminal.Output.Write(System.Text.Encoding.ASCII.GetBytes(server.Link + "\n"));
            terminal.Output.Flush();
            var isOpened = opens && Browser.Open(server.Link);
            terminal.Say(isOpened
                ? "the link is opened in your browser, and good for one; Ctrl-C ends this"
                : "open the link in a browser of this machine; it is good for one. Ctrl-C ends this");
            await stopped.ConfigureAwait(false);
            return ExitCode.Ok;
        }
    }

    /// <summary>Before a page is opened, so that a refusal is told here, where something can be done about it.</summary>
    private static void Ask(QueryEndpoint endpoint, Terminal terminal, CancellationToken cancel)
    {
        using var channel = QueryChannel.To(
            endpoint.Route is { } route ? endpoint with { Route = new KeptRoute(route) } : endpoint);
        var now = terminal.Clock.GetUtcNow();
        var request = new AggregateRequest { Kind = "flow", SinceNanos = Timestamps.Nanos(now), Top = 1 };
        channel.Client.Aggregate(request, deadline: (now + s_firstMax).UtcDateTime, cancellationToken: cancel);
    }
}
