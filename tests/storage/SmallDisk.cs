using System.Diagnostics;

namespace NetSniff.Tests.Storage;

/// <summary>A file system in memory that is soon full. Only root can mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public static SmallDisk Mount(int kibibytes)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Skip("only root mounts file systems");
        }

        var disk = new SmallDisk();
        if (Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", disk.Path) == 0) return disk;

        disk._folder.Dispose();
        Assert.Skip("this place lets not even root mount a file system");
        return disk;
    }

    public void Dispose()
    {
        Assert.Equal(0, Run("umount", Path));
        _folder.Dispose();
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
