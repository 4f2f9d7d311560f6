using System.Text;

namespace NetSniff.Operator.Workers;

/// <summary>Rules in as many ConfigMaps as it takes: one holds at most a megabyte. Pure.</summary>
public static class RuleMaps
{
    /// <summary>Below what a server takes, with room for what is not data.</summary>
    public const int BytesMax = 900 * 1024;

    /// <param name="files">Names and texts, the most important first.</param>
    /// <returns>Files by map, at most <see cref="WorkerObjects.RuleMapsMax"/>; and those that found no room.</returns>
    public static (IReadOnlyList<IReadOnlyDictionary<string, string>> Maps, IReadOnlyList<string> Left) Split(
        IReadOnlyList<KeyValuePair<string, string>> files, int filesMax, int bytesMax = BytesMax)
    {
        ArgumentNullException.ThrowIfNull(files);
        var (maps, left) = Fill(files, filesMax, bytesMax);
        // By name a file stays where it is when others come and go; only where that has less room it is not done.
        var chosen = files.Where(file => !left.Contains(file.Key))
            .OrderBy(static file => file.Key, StringComparer.Ordinal);
        var (byName, leftByName) = Fill([.. chosen], filesMax, bytesMax);
        return (leftByName.Count == 0 ? byName : maps, [.. left]);
    }

    private static (IReadOnlyList<Dictionary<string, string>> Maps, HashSet<string> Left) Fill(
        IReadOnlyList<KeyValuePair<string, string>> files, int filesMax, int bytesMax)
    {
        List<(Dictionary<string, string> Files, int Bytes)> maps = [];
        HashSet<string> left = [];
        foreach (var (name, text) in files)
        {
            var size = SizeOf(name, text);
            var place = maps.FindIndex(map => map.Bytes + size <= bytesMax);
            if (size > bytesMax || maps.Sum(static map => map.Files.Count) == filesMax
                || (place < 0 && maps.Count == WorkerObjects.RuleMapsMax))
            {
                left.Add(name);
                continue;
            }

            if (place < 0)
            {
                place = maps.Count;
                maps.Add(([], 0));
            }

            maps[place].Files[name] = text;
            maps[place] = (maps[place].Files, maps[place].Bytes + size);
        }

        return ([.. maps.Select(static map => map.Files)], left);
    }

    /// <summary>Of a file in a ConfigMap, as it is counted.</summary>
    public static int SizeOf(string name, string text) => Encoding.UTF8.GetByteCount(text) + name.Length;
}
