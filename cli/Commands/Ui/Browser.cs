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
            : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [link])
            {
                // What it has to say would stand between our own lines.
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
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
