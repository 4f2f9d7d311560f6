using System.Diagnostics;
using System.Globalization;
using NetSniff.Cli.Capturing;

namespace NetSniff.Cli.Commands.Up;

/// <summary>Keeps a child process running: what does the work may crash, be killed or run out of memory, and is back
/// at once with what it had put on disk.</summary>
/// <remarks>The child's standard input is a pipe that ends with this process, whatever ends it: the child then leaves
/// in order. The child says <see cref="ReadyLine"/> on its standard output when it works; one that never came so far
/// ends the whole, for trying again would end the same way.</remarks>
internal sealed class Supervisor(Terminal terminal, Interrupts interrupts, Func<ProcessStartInfo> start)
{
    public const string ReadyLine = "ready";

    /// <summary>What the runtime adds to the number of the signal that ended a child.</summary>
    private const int SignalBase = 128;

    /// <summary>How long a child may take to bring its records home before it is killed.</summary>
    public TimeSpan LeaveMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two starts when one child after the other fails; the first comes at once.</summary>
    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A child that lived so long was all right: the next failure is a first one.</summary>
    public TimeSpan Settled { get; init; } = TimeSpan.FromSeconds(30);

    public int Restarts { get; private set; }

    /// <summary>Called with each child's process number, once it works.</summary>
    public Action<int>? Ready { get; init; }

    /// <returns>The code of the child that was the last.</returns>
    public int Run()
    {
        var failures = 0;
        var hasWorked = false;
        while (true)
        {
            var began = terminal.Clock.GetTimestamp();
            using var child = Process.Start(start()) ?? throw new IOException("the child process did not start");
            var isReady = false;
            var reading = Task.Run(() => Listen(child, () => isReady = true));
            AwaitEnd(child);
            reading.Wait(LeaveMax);
            hasWorked |= isReady;
            if (interrupts.Token.IsCancellationRequested || child.ExitCode == ExitCode.Ok) return child.ExitCode;
            if (!hasWorked) return child.ExitCode;

            failures = terminal.Clock.GetElapsedTime(began) >= Settled ? 1 : failures + 1;
            var pause = PauseAfter(failures);
            terminal.Say($"{HowItEnded(child.ExitCode)}; starting again{(failures > 1 ? $" in {Text(pause)}" : "")}");
            if (interrupts.Token.WaitHandle.WaitOne(pause)) return child.ExitCode;

            Restarts++;
        }
    }

    private TimeSpan PauseAfter(int failures)
    {
        if (failures <= 1) return TimeSpan.Zero;

        var doubled = TimeSpan.FromMilliseconds(250 * Math.Pow(2, Math.Min(failures - 2, 16)));
        return doubled < PauseMax ? doubled : PauseMax;
    }

    private void Listen(Process child, Action ready)
    {
        while (child.StandardOutput.ReadLine() is { } line)
        {
            if (line != ReadyLine) continue;

            ready();
            Ready?.Invoke(child.Id);
        }
    }

    private void AwaitEnd(Process child)
    {
        // Not a signal: from a terminal the child had the same one as we, and a second would end it at once.
        using var stopping = interrupts.Token.Register(child.StandardInput.Close);
        while (!child.WaitForExit(TimeSpan.FromMilliseconds(100)))
        {
            if (!interrupts.Token.IsCancellationRequested) continue;
            if (child.WaitForExit(LeaveMax)) return;

            terminal.Say($"not done after {Text(LeaveMax)}: what is not shipped stays in the spool");
            child.Kill();
        }
    }

    private static string HowItEnded(int code) => code > SignalBase
        ? string.Create(CultureInfo.InvariantCulture, $"the capture was ended by signal {code - SignalBase}")
        : string.Create(CultureInfo.InvariantCulture, $"the capture ended with code {code}");

    private static string Text(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");
}
