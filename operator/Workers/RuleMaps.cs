using System.Text;

namespace NetSniff.Operator.Workers;

/// <summary>Rules in as many ConfigMaps as it takes: one holds at most a megabyte. Pure.</summary>
public static class RuleMaps
{
    /// <summary>Below what a server takes, with room for what is not data.</summary>
    public const int BytesMax = 900 * 1024;

    /// <returns>Files by map, at most <see cref="WorkerObjects.RuleMapsMax"/>; and those that found no room.</returns>
    public static (IReadOnlyList<IReadOnlyDictionary<string, string>> Maps, IReadOnlyList<string> Left) Split(
        IReadOnlyDictionary<string, string> files, int bytesMax = BytesMax)
    {
        ArgumentNullException.ThrowIfNull(files);
        List<(Dictionary<string, string> Files, int Bytes)> maps = [];
        List<string> left = [];
        foreach (var (name, text) in files.OrderBy(static file => file.Key, StringComparer.Ordinal))
        {
            var size = Encoding.UTF8.GetByteCount(text) + name.Length;
            var place = maps.FindIndex(map => map.Bytes + size <= bytesMax);
            if (size > bytesMax || (place < 0 && maps.Count == WorkerObjects.RuleMapsMax))
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
}
