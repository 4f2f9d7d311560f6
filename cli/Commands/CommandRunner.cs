using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Plugin;

namespace NetSniff.Cli.Commands;

/// <summary>What every command is run inside: errors become one line and a code.</summary>
/// <param name="listens">Whether Ctrl-C and SIGTERM are ours.</param>
internal sealed class CommandRunner(Terminal terminal, bool listens)
{
    /// <summary>How the cluster is chosen, where one is.</summary>
    public KubeOptions Kube => field ??= new KubeOptions();

    /// <summary>Whether commands reach the workers through a cluster's API server.</summary>
    public bool IsPlugin => terminal.Program.IsPlugin;

    /// <summary>Commands that look at records of namespaces.</summary>
    public HashSet<Command> Scoped { get; } = [];

    public void Set(Command command, Func<ParseResult, Terminal, Interrupts, int> run) => command.SetAction(result =>
    {
        using var interrupts = new Interrupts(listens);
        try
        {
            return run(result, terminal, interrupts);
        }
        catch (UsageException problem)
        {
            SayLines(problem.Message);
            return ExitCode.Usage;
        }
        catch (OutputClosedException)
        {
            // `| head` has seen enough, which is no failure of ours.
            return ExitCode.Ok;
        }
        catch (Sensor.Capture.CaptureException problem)
        {
            SayLines(problem.Message);
            return ExitCode.Failed;
        }
        catch (KubeRefusal problem) when (!Build.IsNative)
        {
            SayLines(problem.Message);
            return problem.Code;
        }
        catch (Grpc.Core.RpcException problem)
            when (!Build.IsNative && KubeRefusal.In(problem.Status.DebugException) is { } refusal)
        {
            SayLines(refusal.Message);
            return refusal.Code;
        }
        catch (OperationCanceledException) when (interrupts.Reason == StopReason.Interrupted)
        {
            return ExitCode.Interrupted;
        }
        catch (Grpc.Core.RpcException problem) when (!Build.IsNative)
        {
            SayLines(Servers.Refusal.Words(problem));
            return Servers.Refusal.CodeOf(problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            terminal.Say(problem.Message);
            return ExitCode.Failed;
        }
    });

    // A message may show where in an expression it hurts, on lines of its own.
    private void SayLines(string text)
    {
        var lines = text.Split('\n');
        terminal.Say(lines[0]);
        foreach (var line in lines.AsSpan(1)) terminal.Error.WriteLine(
            Outputs.Table.TerminalText.Clean(terminal.Program.Retyped(line)));
    }
}
