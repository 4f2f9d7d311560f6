using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetSniff.Tests.Kube.Resources;

namespace NetSniff.Tests.Charts;

/// <summary>Helm and the chart, as tools/helm.sh finds them.</summary>
internal static partial class Helm
{
    public const string Namespace = "netsniff-system";

    private const int NotHere = 3;
    private static readonly TimeSpan s_runMax = TimeSpan.FromMinutes(3);
    private static readonly Lazy<(string? Path, string Why)> s_found = new(Find);

    public static string Chart { get; } = Path.Combine(Repository.Root, "charts", "netsniff");

    /// <summary>Names of the sets of values under tests/charts/values.</summary>
    public static IReadOnlyList<string> Sets { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "charts", "values"))
            .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    /// <summary>Skips the test, with the reason, where there is no Helm.</summary>
    public static void Require() => Assert.SkipWhen(s_found.Value.Path is null, s_found.Value.Why);

    /// <returns>Exit code, and what it said.</returns>
    public static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        Require();
        return Run(s_found.Value.Path!, arguments);
    }

    /// <summary>What it renders, with whatever else the set's first line asks for.</summary>
    public static string Render(string set, params string[] arguments)
    {
        var file = Path.Combine(Repository.Root, "tests", "charts", "values", $"{set}.yaml");
        var more = File.ReadLines(file).First().TrimStart('#', ' ').Split(' ');
        return Template(["--values", file, .. more, .. arguments]);
    }

    public static string Template(params string[] arguments)
    {
        var (code, output, error) = Run(["template", "netsniff", Chart, "--namespace", Namespace, .. arguments]);
        Assert.True(code == 0, error);
        return output;
    }

    /// <summary>The objects of a rendering.</summary>
    public static IReadOnlyList<JsonObject> Objects(string rendered) =>
        [.. Documents(rendered).Select(text => ExampleFiles.Parse(text).Single())];

    /// <summary>Each object's text, with the line that says what it was made from.</summary>
    public static IEnumerable<string> Documents(string rendered) => Separator().Split(rendered)
        .Where(text => text.Split('\n').Any(line => line.Length > 0 && !line.StartsWith('#')));

    public static (int Code, string Output, string Error) Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(s_runMax)) throw new TimeoutException($"{program} does not end");

        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static (string? Path, string Why) Find()
    {
        if (OperatingSystem.IsWindows()) return (null, "tools/helm.sh is a script of bash");

        var script = Path.Combine(Repository.Root, "tools", "helm.sh");
        var (code, output, error) = Run("bash", [script, "--where"]);
        if (code == NotHere) return (null, error.TrimEnd().Split('\n')[^1]);

        Assert.True(code == 0, error);
        return (output.Trim(), "");
    }

    [GeneratedRegex("^---$", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
