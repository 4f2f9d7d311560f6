using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetSniff.Tests.Capture;

/// <summary>A network namespace of the test's own, and a thread that lives in it: what it opens is in there.</summary>
/// <remarks>It has no name, so nothing is left of it when the process ends, however it does.</remarks>
internal sealed partial class TestNamespace : IDisposable
{
    private const int NewNetwork = 0x4000_0000; // CLONE_NEWNET

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly SafeFileHandle? _handle;

    public TestNamespace()
    {
        _thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable()) action();
        })
        { IsBackground = true };
        _thread.Start();
        try
        {
            Run(() =>
            {
                if (Unshare(NewNetwork) == 0) return;
                Assert.Skip($"no network namespaces here: {Marshal.GetLastPInvokeErrorMessage()}");
            });
            _handle = Run(() => File.OpenHandle("/proc/thread-self/ns/net"));
            // Neighbour discovery and the like would come between the packets that are counted.
            Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"));
            Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Leads into it, as long as this lives.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{_handle!.DangerousGetHandle()}";

    /// <summary>Skips the test where it may not make namespaces or interfaces.</summary>
    public static void Need()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("network namespaces are Linux'");
        if (!Environment.IsPrivilegedProcess) Assert.Skip("making network namespaces needs root");
        if (!File.Exists("/sbin/ip") && !File.Exists("/usr/sbin/ip") && !File.Exists("/bin/ip"))
        {
            Assert.Skip("no `ip` here: install iproute2");
        }
    }

    public void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    public T Run<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception problem)
            {
                done.SetException(problem);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Runs `ip` in here and gives what it prints.</summary>
    public string Ip(string arguments) => Run(() =>
    {
        // The child begins in the namespace of the thread that starts it.
        using var process = Process.Start(new ProcessStartInfo("ip", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException($"ip {arguments}: {errors.GetAwaiter().GetResult()}");
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _handle?.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}
