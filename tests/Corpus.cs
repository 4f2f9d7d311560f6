namespace NetSniff.Tests;

/// <summary>The captures and vectors beside the checkout, which are too large or not ours to commit.</summary>
internal static class Corpus
{
    public static string Root { get; } = Environment.GetEnvironmentVariable("NETSNIFF_CORPUS")
        ?? Path.Combine(Repository.Root, "..", "shared", "corpus");

    /// <summary>The path of something in it; the test is skipped, and says so, where it is not there.</summary>
    public static string Need(params string[] parts)
    {
        var path = Path.GetFullPath(Path.Combine([Root, .. parts]));
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            var name = Path.Combine(["corpus", .. parts]);
            Assert.Skip($"no {name} beside the checkout (NETSNIFF_CORPUS names another place)");
        }

        return path;
    }
}
