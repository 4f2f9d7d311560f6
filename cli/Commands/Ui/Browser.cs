using System.ComponentModel;
using System.Diagnostics;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>The user's browser.</summary>
internal static class Browser
{
    private static readonly string[] s_screens = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"];

    /// <returns>Whether there is one to open; whether it shows the page nobody tells.</returns>
    public static bool Open(string link)
    {
        if (OperatingSystem.IsLinux() && !HasScreen()) return false;

        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(link) { UseShellExecute = true }
            : OperatingSystem.IsMacOS() ? new ProcessStartInfo("open", [link])
            // What it has to say would stand between our own lines, and our Ctrl-C is not meant for it.
            : new ProcessStartInfo("/bin/sh", ["-c", "command -v xdg-open >/dev/null || exit 1; "
                + "setsid xdg-open \"$1\" </dev/null >/dev/null 2>&1 &", "sh", link]);
        try
        {
            using var opened = Process.Start(start);
            return true;
        }
        catch (Exception problem) when (problem is Win32Exception or FileNotFoundException)
        {
            return false;
        }
    }

    private static bool HasScreen() =>
        s_screens.Any(static name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));
}
