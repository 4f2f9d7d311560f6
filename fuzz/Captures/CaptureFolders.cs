namespace NetSniff.Fuzz.Captures;

/// <summary>Where captures lie: in the tests, and in the corpus beside the checkout where there is one.</summary>
internal static class CaptureFolders
{
    private static readonly string[] s_endings = [".pcap", ".pcapng", ".cap", ".dmp", ".pcap.gz", ".pcap.zst"];

    /// <summary>The checkout, found from where the program runs.</summary>
    public static string Checkout { get; } = FindCheckout();

    public static string Corpus { get; } = Path.GetFullPath(
        Environment.GetEnvironmentVariable("NETSNIFF_CORPUS") ?? Path.Combine(Checkout, "..", "shared", "corpus"));

    public static bool HasCorpus => Directory.Exists(Path.Combine(Corpus, "dev"));

    /// <summary>Captures of the tests, in the order of their names.</summary>
    public static IReadOnlyList<string> OfTests() =>
    [
        .. Under(Path.Combine(Checkout, "tests")).Where(
            path => path.Contains($"{Path.DirectorySeparatorChar}corpus{Path.DirectorySeparatorChar}",
                StringComparison.Ordinal)),
    ];

    /// <summary>Captures of the corpus beside the checkout: all, or those of some of its folders.</summary>
    public static IReadOnlyList<string> OfCorpus(params string[] folders)
    {
        if (!HasCorpus) return [];

        var root = Path.Combine(Corpus, "dev");
        return folders.Length == 0
            ? Under(root)
            : [.. folders.Select(folder => Path.Combine(root, folder)).Where(Directory.Exists).SelectMany(Under)];
    }

    public static string NameOf(string path)
    {
        var root = Path.Combine(Corpus, "dev") + Path.DirectorySeparatorChar;
        return path.StartsWith(root, StringComparison.Ordinal)
            ? path[root.Length..]
            : Path.GetRelativePath(Checkout, path);
    }

    private static IReadOnlyList<string> Under(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => s_endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal)
                && !path.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private static string FindCheckout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NetSniff.K8s.sln"))) return folder.FullName;
        }

        return Environment.CurrentDirectory;
    }
}
