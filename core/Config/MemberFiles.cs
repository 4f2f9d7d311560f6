using System.Security.Cryptography;
using System.Text;

namespace NetSniff.Config;

/// <summary>By which of the two roads a plan came.</summary>
public enum PlanRoad : byte
{
    /// <summary>Files that somebody put into the folder of configuration: a mounted ConfigMap.</summary>
    Folder,

    /// <summary>The operator told it.</summary>
    Push,
}

/// <summary>What a member is to run: files as they would lie in its folder of configuration, and which plan it is.
/// </summary>
/// <param name="Sequence">The higher is the newer.</param>
/// <param name="Revision">Names it; two of one name differ in what differs by machine alone.</param>
/// <param name="Files">By name: `sensor.json`, `rules/port-scan.yaml`.</param>
public sealed record MemberFiles(
    long Sequence, string Revision, PlanRoad Road, IReadOnlyDictionary<string, string> Files)
{
    private const int RevisionDigits = 10;
    private const int NameLengthMax = 253;

    /// <summary>Whether it is to take the place of another. Of the same number a push goes before a folder, for only a
    /// push knows what this one machine is to do; and by the same road the later goes before the earlier.</summary>
    public bool IsNewerThan(MemberFiles? other)
    {
        if (other is null) return true;
        if (Sequence != other.Sequence) return Sequence > other.Sequence;

        return (Road == PlanRoad.Push || other.Road == PlanRoad.Folder) && !HasSameFiles(other);
    }

    public bool HasSameFiles(MemberFiles other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Files.Count == other.Files.Count
            && Files.All(file => other.Files.TryGetValue(file.Key, out var text) && text == file.Value);
    }

    /// <summary>Ten hex digits of files that do not name themselves.</summary>
    public static string RevisionOf(IReadOnlyDictionary<string, string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, text) in files.OrderBy(static file => file.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{text.Length}\0{text}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..RevisionDigits];
    }

    /// <summary>Whether a file may have the name: letters, digits, `.`, `-`, `_`, and at most one folder in front. No
    /// name leads elsewhere.</summary>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split('/');
        return name.Length is > 0 and <= NameLengthMax && parts.Length is 1 or 2 && parts.All(static part =>
            part.Length > 0 && part[0] != '.'
            && part.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_'));
    }
}
