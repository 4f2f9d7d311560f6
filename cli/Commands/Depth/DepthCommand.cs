using System.CommandLine;
using Grpc.Core;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Sensor.Governor;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Depth;

/// <summary>`netsniff depth`: sensors look less deep for a while.</summary>
internal static class DepthCommand
{
    private const string About =
        """
        Have sensors look less deep for a while, to leave a busy node its CPU. It lasts as long as this command runs,
        and no longer than --for: then they go back to what their load allows, whatever becomes of us. The governor may
        go deeper down meanwhile. Needs the permission for packets.

        Examples:
          netsniff depth headers --node node-7 --for 10m
          netsniff depth sampled-16 --for 1h
        """;

    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);

    public static Command Make(CommandRunner runner)
    {
        var rung = new Argument<string>("RUNG") { Description = string.Join(", ", Ladder.Lower) + "." };
        var length = TextOption.Of("--for", "LENGTH", "How long (10m).");
        var nodes = new Option<string[]>("--node")
        {
            Description = "Only this node; may be given several times. Without it: all.", HelpName = "NODE",
        };
        var server = new ServerOptions(runner);
        var command = new Command("depth", About) { rung, length, nodes };
        server.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var asked = result.GetValue(rung)!;
            if (Ladder.Find(asked) is null)
            {
                throw new UsageException($"there is no rung '{asked}': {string.Join(", ", Ladder.Lower)}");
            }

            var span = Durations.ParseOption(length.Name, result.GetValue(length)) ?? TimeSpan.FromMinutes(10);
            if (span > s_longest || span < TimeSpan.FromSeconds(1))
            {
                throw new UsageException($"{length.Name} is from 1s to 24h");
            }

            var request = new DepthRequest { Rung = asked, Seconds = (uint)span.TotalSeconds };
            request.Nodes.AddRange(result.GetValue(nodes) ?? []);
            var endpoint = server.Read(result, terminal, interrupts.Token, forPackets: true);
            return RunAsync(terminal, interrupts, endpoint, request).GetAwaiter().GetResult();
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, Interrupts interrupts, QueryEndpoint endpoint, DepthRequest request)
    {
        using var channel = QueryChannel.To(endpoint);
        using var call = channel.Client.Depth(request, cancellationToken: interrupts.Token);
        var (isTold, absent) = (false, 0);
        try
        {
            while (await call.ResponseStream.MoveNext(interrupts.Token).ConfigureAwait(false))
            {
                var whole = call.ResponseStream.Current.Completeness;
                foreach (var one in whole.AbsentSensors.Skip(absent)) terminal.Say($"not {one.Worker}: {one.Why}");
                absent = whole.AbsentSensors.Count;
                if (isTold) continue;

                isTold = true;
                foreach (var one in whole.Absent) terminal.Say($"incomplete: worker {one.Worker}: {one.Why}");
                var holding = whole.Sensors - (uint)absent;
                terminal.Say($"{holding} of {whole.Sensors} sensors are on {request.Rung} now");
                if (holding == 0) return ExitCode.NotFound;
            }
        }
        catch (RpcException) when (interrupts.Token.IsCancellationRequested)
        {
            terminal.Say("sensors are back at what their load allows");
            return interrupts.Reason == StopReason.Interrupted ? ExitCode.Interrupted : ExitCode.Ok;
        }

        terminal.Say("the time is over: sensors are back at what their load allows");
        return absent == 0 ? ExitCode.Ok : ExitCode.Partial;
    }
}
