using System.Security.Cryptography;
using System.Text;
using NetSniff.Detection.Rules;
using NetSniff.Worker.Detect.Yaml;

namespace NetSniff.Worker.Detect;

/// <summary>The rule files of a folder, as they lay there at one time.</summary>
/// <param name="Revision">Ten hex digits of all of them.</param>
/// <param name="IsSwapped">They are a version that is swapped whole, as a mounted ConfigMap is.</param>
public sealed record RuleFiles(IReadOnlyList<(string Name, string Text)> Files, string Revision, bool IsSwapped)
{
    /// <summary>One for each rule of the largest set, and as many again.</summary>
    public const int FilesMax = 2 * RuleSet.RulesMax;

    /// <summary>Of all files together.</summary>
    public const long BytesMax = 32L << 20;

    /// <summary>What a ConfigMap volume swaps when it changes.</summary>
    private const string SwappedLink = "..data";

    private const int RevisionDigits = 10;

    /// <summary>Reads every `.yaml` and `.yml` of a folder, in order of their names; or one file.</summary>
    /// <exception cref="IOException">It is not there, too much, or cannot be read.</exception>
    public static RuleFiles Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path)) return Of([(Path.GetFileName(path), Text(path))], false);

        if (!Directory.Exists(path)) throw new IOException($"{path} is not there");

        var target = SwappedFolder(path);
        string[] paths =
        [
            .. Directory.EnumerateFiles(target ?? path)
                .Where(static file => Path.GetExtension(file) is ".yaml" or ".yml" && Path.GetFileName(file)[0] != '.')
                .Order(StringComparer.Ordinal),
        ];
        if (paths.Length > FilesMax) throw new IOException($"{path} has more than {FilesMax} rule files");
        if (paths.Sum(static file => new FileInfo(file).Length) > BytesMax)
        {
            throw new IOException($"{path} has more than {BytesMax} bytes of rules");
        }

        return Of([.. paths.Select(static file => (Path.GetFileName(file), Text(file)))], target is not null);
    }

    /// <summary>The rules in them, and everything that is wrong with them.</summary>
    public IReadOnlyList<RuleSpec> Specs(List<RuleProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        List<RuleSpec> specs = [];
        foreach (var (name, text) in Files)
        {
            foreach (var document in RuleYaml.Read(text, name, problems))
            {
                specs.AddRange(RuleReader.Read(document, name, problems));
            }
        }

        return specs;
    }

    /// <summary>Where the version that is swapped whole lies: the folder's own, or that of the folder it is in. The
    /// link is followed once, so that all that is read comes from one version.</summary>
    private static string? SwappedFolder(string path)
    {
        var link = Path.Combine(path, SwappedLink);
        if (Path.Exists(link)) return Directory.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName;

        var whole = Path.GetFullPath(path);
        var above = Path.Combine(Path.GetDirectoryName(whole) ?? whole, SwappedLink);
        if (!Path.Exists(above) || Directory.ResolveLinkTarget(above, returnFinalTarget: true) is not { } version)
        {
            return null;
        }

        var inside = Path.Combine(version.FullName, Path.GetFileName(whole));
        return Directory.Exists(inside) ? inside : null;
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new IOException(problem.Message, problem);
        }
    }

    private static RuleFiles Of(IReadOnlyList<(string Name, string Text)> files, bool isSwapped)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, text) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{text.Length}\0{text}"));
        }

        return new RuleFiles(files, Convert.ToHexStringLower(hash.GetHashAndReset())[..RevisionDigits], isSwapped);
    }
}
