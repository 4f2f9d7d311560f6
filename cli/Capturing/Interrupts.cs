using System.Runtime.InteropServices;

namespace NetSniff.Cli.Capturing;

/// <summary>How a capture was asked to stop.</summary>
internal enum StopReason : byte
{
    /// <summary>It was not: the source ended.</summary>
    None,
    Interrupted,
    Terminated,

    /// <summary>As many records as were wanted, or as long.</summary>
    Enough,
}

/// <summary>Turns Ctrl-C and SIGTERM into a wish to stop; the second Ctrl-C is not asked twice.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _reason;

    /// <param name="listens">False in tests, where signals belong to the runner.</param>
    public Interrupts(bool listens)
    {
        if (!listens) return;

        Listen(PosixSignal.SIGINT, StopReason.Interrupted);
        Listen(PosixSignal.SIGTERM, StopReason.Terminated);
        Listen(PosixSignal.SIGHUP, StopReason.Terminated);
    }

    public CancellationToken Token => _stop.Token;

    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    /// <summary>The first reason stands.</summary>
    public void Stop(StopReason reason)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None);
        _stop.Cancel();
    }

    /// <summary>Ends when there is a wish to stop.</summary>
    public Task StoppedAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Token.Register(stopped.SetResult);
        return stopped.Task;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    private void Listen(PosixSignal signal, StopReason reason) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            // The second time the signal does what it always does.
            if (_stop.IsCancellationRequested) return;

            context.Cancel = true;
            Stop(reason);
        }));
}
