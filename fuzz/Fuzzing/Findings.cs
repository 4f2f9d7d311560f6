using System.Text;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>Failing inputs on disk, one for each way of failing, with what they did and how to do it again.</summary>
internal sealed class Findings(string folder)
{
    private readonly HashSet<string> _signatures = [];

    public int Count => _signatures.Count;

    public string Folder => folder;

    /// <summary>Whether this way of failing is new in this run.</summary>
    public bool IsNew(string signature) => _signatures.Add(signature);

    /// <returns>Where it was written.</returns>
    public string Write(string target, FuzzInput input, string signature, string text)
    {
        Directory.CreateDirectory(folder);
        var bytes = input.ToBytes();
        var name = $"{target.Replace('/', '-')}-{StableHash(signature):x8}";
        var path = Path.Combine(folder, name + ".bin");
        File.WriteAllBytes(path, bytes);
        var told = new StringBuilder()
            .AppendLine($"target  {target}")
            .AppendLine($"again   make fuzz-replay FILE={Path.GetRelativePath(Captures.CaptureFolders.Checkout, path)}")
            .AppendLine($"failure {signature}")
            .AppendLine()
            .AppendLine(text);
        File.WriteAllText(Path.Combine(folder, name + ".txt"), told.ToString());
        return path;
    }

    /// <summary>The target of a finding, by the text beside it.</summary>
    public static string? TargetOf(string path)
    {
        var beside = Path.ChangeExtension(path, ".txt");
        return File.Exists(beside) ? File.ReadLines(beside).First()["target  ".Length..] : null;
    }

    // FNV-1a: the same in every process, which string.GetHashCode is not.
    private static uint StableHash(string text)
    {
        var hash = 2166136261u;
        foreach (var character in text) hash = (hash ^ character) * 16777619u;
        return hash;
    }
}
