using System.Diagnostics;
using NetSniff.Cli;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Up;

namespace NetSniff.Tests.Cli.Commands.Up;

public sealed class SupervisorTests : IDisposable
{
    private readonly StringWriter _talk = new();
    private readonly Interrupts _interrupts = new(listens: false);

    [Fact]
    public void A_child_that_is_killed_is_back()
    {
        var children = new List<int>();
        var supervisor = new Supervisor(Terminal(), _interrupts, Shell("echo ready; read line"))
        {
            PauseMax = TimeSpan.FromMilliseconds(50),
            Ready = process =>
            {
                children.Add(process);
                if (children.Count < 4) Process.GetProcessById(process).Kill();
                else _interrupts.Stop(StopReason.Terminated);
            },
        };
        supervisor.Run();
        Assert.Equal(3, supervisor.Restarts);
        Assert.Equal(4, children.Distinct().Count());
        Assert.Contains("ended by signal 9; starting again", _talk.ToString());
    }

    [Fact]
    public void A_child_that_never_worked_is_not_tried_again()
    {
        var supervisor = new Supervisor(Terminal(), _interrupts, Shell("exit 7"));
        Assert.Equal(7, supervisor.Run());
        Assert.Equal(0, supervisor.Restarts);
    }

    [Fact]
    public void A_child_that_is_done_ends_the_whole()
    {
        Assert.Equal(0, new Supervisor(Terminal(), _interrupts, Shell("echo ready; exit 0")).Run());
    }

    [Fact]
    public void A_stop_lets_the_child_leave_in_order()
    {
        var supervisor = new Supervisor(
            Terminal(), _interrupts, Shell("trap 'exit 9' TERM; echo ready; read line; exit 3"))
        {
            Ready = _ => _interrupts.Stop(StopReason.Terminated),
        };
        Assert.Equal(3, supervisor.Run());
    }

    [Fact]
    public void A_child_that_does_not_leave_is_ended()
    {
        var supervisor = new Supervisor(
            Terminal(), _interrupts, Shell("trap '' TERM; echo ready; while :; do sleep 0.02; done"))
        {
            Ready = _ => _interrupts.Stop(StopReason.Terminated),
            LeaveMax = TimeSpan.FromMilliseconds(200),
        };
        Assert.Equal(137, supervisor.Run());
        Assert.Contains("stays in the spool", _talk.ToString());
    }

    public void Dispose()
    {
        _interrupts.Dispose();
        _talk.Dispose();
    }

    private Terminal Terminal() => new() { Output = Stream.Null, Error = _talk };

    private static Func<ProcessStartInfo> Shell(string script) => () => new ProcessStartInfo("sh", ["-c", script])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    };
}
