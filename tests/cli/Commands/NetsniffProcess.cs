using System.Diagnostics;

namespace NetSniff.Tests.Cli.Commands;

/// <summary>What a run of the program said and how it ended.</summary>
internal sealed record NetsniffEnd(int Code, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The real program, as a process.</summary>
internal static class NetsniffProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120); // builds may run beside the tests

    /// <summary>The one that was built with the tests.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "netsniff");

    public static NetsniffEnd Run(params string[] arguments) => RunProgram(Path, arguments);

    /// <summary>By a shell, which makes pipes, limits and other users.</summary>
    public static NetsniffEnd Shell(string command) => RunProgram("/bin/sh", ["-c", command]);

    private static NetsniffEnd RunProgram(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }

        return new NetsniffEnd(process.ExitCode, output.Result, error.Result);
    }
}
