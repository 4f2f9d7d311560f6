namespace NetSniff.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NetSniff.K8s.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("NetSniff.K8s.sln is in no folder above the tests");
    }
}
