namespace NetSniff.Operator.Cleaning;

/// <summary>What sensors left on a node: a folder of each placement class, with a spool and a plan in it.</summary>
/// <remarks>Only that is removed, whatever else lies there: the folder's name comes from an installation's values.
/// </remarks>
public static class NodeFolder
{
    private static readonly string[] s_ours = ["spool", "plan"];

    /// <param name="folder">As it is mounted; it stays, for a mount cannot be removed from within.</param>
    /// <returns>What could not be removed or is not ours, each with a reason.</returns>
    public static IReadOnlyList<string> Clean(string folder)
    {
        List<string> left = [];
        if (!Directory.Exists(folder)) return left;

        foreach (var inClass in Directory.EnumerateDirectories(folder).ToList())
        {
            // A link leads elsewhere, and elsewhere nothing is ours.
            if (new DirectoryInfo(inClass).LinkTarget is not null) continue;

            try
            {
                foreach (var name in s_ours) Remove(Path.Combine(inClass, name));
                if (!Directory.EnumerateFileSystemEntries(inClass).Any()) Directory.Delete(inClass);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                left.Add($"{inClass}: {problem.Message}");
            }
        }

        left.AddRange(Directory.EnumerateFileSystemEntries(folder)
            .Where(path => !left.Any(known => known.StartsWith($"{path}:", StringComparison.Ordinal)))
            .Select(path => $"{path}: not a sensor's"));
        return left;
    }

    private static void Remove(string path)
    {
        var folder = new DirectoryInfo(path);
        if (folder.Exists && folder.LinkTarget is null) folder.Delete(recursive: true);
    }
}
