using System.Text.RegularExpressions;

namespace NetSniff.Tests;

/// <summary>The files of the checkout, as a reader has them: without what was built.</summary>
internal static partial class Sources
{
    private static readonly string[] s_built = ["bin", "obj", "artifacts", ".git", "node_modules"];

    public static IReadOnlyList<string> All { get; } = [.. Walk(Repository.Root).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Code => All.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> Docs => All.Where(path => path.EndsWith(".md", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Repository.Root, path));

    /// <summary>Code alone: words in comments and texts are no references.</summary>
    public static string WithoutWords(string code) =>
        Words().Replace(code, match => match.Value.StartsWith('/') ? "" : "\"\"");

    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|//[^\\n]*|/\\*[\\s\\S]*?\\*/")]
    private static partial Regex Words();

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder)) yield return Path.GetRelativePath(Repository.Root, file);
        foreach (var inner in Directory.EnumerateDirectories(folder))
        {
            if (s_built.Contains(Path.GetFileName(inner))) continue;
            foreach (var file in Walk(inner)) yield return file;
        }
    }
}
