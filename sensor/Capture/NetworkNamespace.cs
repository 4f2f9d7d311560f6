using System.Runtime.InteropServices;

namespace NetSniff.Sensor.Capture;

/// <summary>Runs something inside another network namespace.</summary>
/// <remarks>A thread of its own goes there and is never used again: a thread of the pool that could not come back
/// would take other people's sockets along. What it opens stays there when it has ended.</remarks>
internal static class NetworkNamespace
{
    private const int NetworkKind = 0x4000_0000; // CLONE_NEWNET
    private const int ReadOnlyCloseOnExec = 0x80000;

    public static T Run<T>(string path, Func<T> action)
    {
        var result = default(T)!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter(path);
                result = action();
            }
            catch (Exception exception) when (exception is CaptureException or InvalidOperationException)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw failure;
    }

    private static void Enter(string path)
    {
        var descriptor = LibC.Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            var reason = LibC.ErrorText(Marshal.GetLastPInvokeError());
            throw new CaptureException($"the network namespace {path} cannot be opened: {reason}");
        }

        var isEntered = LibC.SetNamespace(descriptor, NetworkKind) == 0;
        var error = Marshal.GetLastPInvokeError();
        _ = LibC.Close(descriptor);
        if (isEntered) return;

        throw new CaptureException(error == LibC.NotPermitted
            ? $"entering the network namespace {path} needs CAP_SYS_ADMIN: run as root"
            : $"the network namespace {path} cannot be entered: {LibC.ErrorText(error)}");
    }
}
