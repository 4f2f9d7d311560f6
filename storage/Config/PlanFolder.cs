using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Config;

namespace NetSniff.Storage.Config;

/// <summary>Where a member keeps the plan it runs: one version of all files, which takes the place of the last in one
/// step, as in a mounted ConfigMap.</summary>
/// <remarks>A version is a folder; `..data` is a link to the one that counts; beside it each file has a link through
/// `..data`, so that whoever watches a path finds it. A version is on disk before the link leads to it. The version
/// before stays: for who still reads it, and to go back to. One thread at a time.</remarks>
/// <param name="folders">Folders of a plan that are there also when it has no file in them.</param>
public sealed partial class PlanFolder(string path, params IReadOnlyList<string> folders)
{
    private const string SwappedLink = "..data";
    private const string VersionPrefix = "..plan-";

    /// <summary>In each version: sequence, road, revision.</summary>
    private const string Label = "..label";

    private string? _before;

    public string Path => path;

    /// <summary>The plan that lies there; null where none does, or none that can be read.</summary>
    public MemberFiles? Read()
    {
        try
        {
            return CurrentVersion() is { } version ? Read(version) : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">There is no room, or no right; what was there stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Write(MemberFiles plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        OwnerFolder.Make(path);
        var current = CurrentVersion();
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{VersionPrefix}{plan.Sequence}-{Guid.NewGuid().ToString("N")[..8]}");
        var version = System.IO.Path.Combine(path, name);
        Directory.CreateDirectory(version);
        foreach (var folder in folders) Directory.CreateDirectory(System.IO.Path.Combine(version, folder));
        foreach (var (file, text) in plan.Files) WriteFile(System.IO.Path.Combine(version, file), text);
        WriteFile(
            System.IO.Path.Combine(version, Label),
            string.Create(CultureInfo.InvariantCulture, $"{plan.Sequence} {plan.Road} {plan.Revision}\n"));
        LeadTo(name);
        var tops = plan.Files.Keys.Select(static file => file.Split('/')[0]).Concat(folders);
        foreach (var top in tops.Distinct(StringComparer.Ordinal)) LinkThrough(top);
        _before = current;
        Sweep(keep: [version, current]);
    }

    /// <summary>Goes back to the version that was there before the last one was written. Without one nothing is left.
    /// </summary>
    public void Revert()
    {
        var refused = CurrentVersion();
        if (_before is not null) LeadTo(System.IO.Path.GetFileName(_before));
        else File.Delete(System.IO.Path.Combine(path, SwappedLink));
        Sweep(keep: [_before, refused]);
        _before = null;
    }

    /// <summary>Nothing of it stays.</summary>
    public void Delete()
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    private static MemberFiles? Read(string version)
    {
        var label = File.ReadAllText(System.IO.Path.Combine(version, Label)).Trim().Split(' ');
        if (label.Length < 2 || !long.TryParse(label[0], CultureInfo.InvariantCulture, out var sequence)
            || !Enum.TryParse<PlanRoad>(label[1], out var road))
        {
            return null;
        }

        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(version, "*", SearchOption.AllDirectories))
        {
            var name = System.IO.Path.GetRelativePath(version, file).Replace('\\', '/');
            if (MemberFiles.IsName(name)) files[name] = File.ReadAllText(file);
        }

        return new MemberFiles(sequence, label.Length > 2 ? label[2] : "", road, files);
    }

    /// <summary>On disk before it counts.</summary>
    private static void WriteFile(string file, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    private string? CurrentVersion()
    {
        var link = System.IO.Path.Combine(path, SwappedLink);
        return System.IO.Path.Exists(link)
            ? Directory.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName
            : null;
    }

    private void LeadTo(string version)
    {
        var (link, made) = (System.IO.Path.Combine(path, SwappedLink), System.IO.Path.Combine(path, "..new"));
        File.Delete(made);
        File.CreateSymbolicLink(made, version);
        // Not File.Move: it looks through the link, finds a folder, and says that there is no such file.
        if (Rename(made, link) != 0)
        {
            throw new IOException($"{link} cannot be put in place: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private void LinkThrough(string name)
    {
        var link = System.IO.Path.Combine(path, name);
        var info = new FileInfo(link);
        var aim = $"{SwappedLink}/{name}";
        if (info.LinkTarget == aim) return;

        if (Directory.Exists(link) && info.LinkTarget is null) Directory.Delete(link, recursive: true);
        else File.Delete(link);
        File.CreateSymbolicLink(link, aim);
    }

    private void Sweep(IReadOnlyList<string?> keep)
    {
        foreach (var version in Directory.EnumerateDirectories(path, VersionPrefix + "*"))
        {
            if (keep.Contains(System.IO.Path.GetFullPath(version))) continue;

            try
            {
                Directory.Delete(version, recursive: true);
            }
            catch (IOException)
            {
                // Somebody is in it; the next time.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Rename(string from, string to);
}
