using System.Runtime.InteropServices;
using NetSniff.Cli.Commands;

namespace NetSniff.Native;

/// <summary>The program with every verb, which lies beside this one.</summary>
internal static unsafe partial class WholeProgram
{
    /// <summary>Options whose files are read by reflection.</summary>
    private static readonly string[] s_options = ["--names", "--rules"];

    /// <summary>Whether an argument asks for what is left out here. One too many costs only a slower start.</summary>
    public static bool IsNeededFor(string argument) =>
        s_options.Any(option => argument.StartsWith(option, StringComparison.Ordinal));

    /// <summary>Goes on as it, in the same process.</summary>
    /// <returns>Only when it cannot: an exit code.</returns>
    public static int Become(string[] arguments)
    {
        var path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "app", "netsniff"));
        Execute(path, [Environment.GetCommandLineArgs()[0], .. arguments, null]);
        var why = Marshal.GetLastPInvokeErrorMessage();
        Console.Error.WriteLine(
            $"netsniff: this is read, live and interfaces alone; for the rest there should be {path}: {why}");
        return ExitCode.Failed;
    }

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments);
}
