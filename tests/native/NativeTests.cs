using System.Diagnostics;
using NetSniff.Tests.Cli.Commands;

namespace NetSniff.Tests.Native;

/// <summary>What is compiled for this machine says what the whole program says.</summary>
public sealed class NativeTests
{
    private static readonly string s_native = Path.Combine(Repository.Root, "bin", "native", "netsniff");

    /// <summary>Captures of the tests, by their path in the checkout.</summary>
    public static TheoryData<string> Captures =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.pcap*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    [Theory, MemberData(nameof(Captures))]
    public void A_capture_is_read_the_same(string path)
    {
        AssertSame("read", path, "-o", "jsonl");
    }

    [Theory]
    [InlineData("eve")]
    [InlineData("table")]
    [InlineData("summary")]
    [InlineData("pcapng")]
    [InlineData("batches")]
    public void So_is_each_output(string format)
    {
        AssertSame("read", "cli/Commands/Demo/Shop/shop.pcapng.gz", "-o", format, "--utc", "-q");
    }

    [Theory]
    [InlineData("read", "--help")]
    [InlineData("live", "--help")]
    [InlineData("interfaces")]
    [InlineData("read")]
    [InlineData("read", "missing.pcap")]
    [InlineData("read", "--wher", "x")]
    [InlineData("read", "/dev/null", "--where", "http.status ==")]
    [InlineData("live", "-i", "no-such-interface")]
    public void So_are_help_and_errors(params string[] arguments) => AssertSame(arguments);

    /// <summary>By the whole program, in the same process.</summary>
    [Theory]
    [InlineData("--help")]
    [InlineData("fields", "dns")]
    [InlineData("no-such-verb")]
    [InlineData("read", "cli/Commands/Demo/Shop/shop.pcapng.gz", "--rules", "rules", "-o", "jsonl", "-q")]
    [InlineData("read", "cli/Commands/Demo/Shop/shop.pcapng.gz", "--names=no-such-file")]
    public void What_is_left_out_is_handed_on(params string[] arguments)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Repository.Root, "bin", "app")), "bin/app was not built");
        AssertSame(arguments);
    }

    private static void AssertSame(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(s_native), "read and live are not compiled here; tools/build.sh says why");
        var (code, output, error) = Run(NetsniffProcess.Path, arguments);
        var native = Run(s_native, arguments);
        Assert.Equal(output, native.Output);
        Assert.Equal(error, native.Error);
        Assert.Equal(code, native.Code);
    }

    /// <summary>Octets as characters, for not every output is text.</summary>
    private static (int Code, string Output, string Error) Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            StandardOutputEncoding = System.Text.Encoding.Latin1,
        };
        start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), $"{program} did not end");
        return (process.ExitCode, output, error.Result);
    }
}
