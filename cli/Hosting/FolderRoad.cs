using NetSniff.Config;
using NetSniff.Storage.Config;

namespace NetSniff.Cli.Hosting;

/// <summary>A folder of a plan's files as somebody put them there.</summary>
/// <param name="Prefix">What their names begin with in the plan: `rules/`.</param>
/// <param name="IsWanted">By name.</param>
internal sealed record PlanSource(string Folder, string Prefix, Func<string, bool> IsWanted);

/// <summary>The slower of the two roads by which plans come: folders of files, such as mounted ConfigMaps, looked at
/// once a second.</summary>
/// <param name="sources">Where the files are; the plan's first file must be in one of them.</param>
/// <param name="label">Reads sequence and revision out of the files; null when they cannot be read, which the keeper
/// finds out and tells.</param>
internal sealed class FolderRoad(
    PlanKeeper keeper, string first, IReadOnlyList<PlanSource> sources,
    Func<IReadOnlyDictionary<string, string>, (long Sequence, string Revision)?> label)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    /// <summary>What a ConfigMap volume swaps when it changes.</summary>
    private const string SwappedLink = "..data";

    /// <summary>Looks between two tries of a plan that the disk would not take.</summary>
    private const int LooksBetweenTries = 10;

    private string _offered = "";
    private string _pending = "";
    private int _looks;

    /// <summary>Looks once. One thread at a time.</summary>
    /// <returns>Whether something is other than before.</returns>
    public bool Look()
    {
        if (++_looks % LooksBetweenTries == 0 && keeper.Retry()) return true;

        var (files, isSwapped) = Read();
        if (!files.ContainsKey(first)) return false;

        var hash = MemberFiles.RevisionOf(files);
        if (hash == _offered) return false;

        // Written in place they may be seen half written: they have to look the same twice, once there were any before.
        if (!isSwapped && _offered.Length > 0 && hash != _pending)
        {
            _pending = hash;
            return false;
        }

        (_offered, _pending) = (hash, "");
        // Of one that cannot be read nobody knows how new it is: it is offered as the next, so that it is told of.
        var (sequence, revision) = label(files) ?? ((keeper.Current?.Sequence ?? 0) + 1, "");
        return keeper.Offer(new MemberFiles(
            sequence, revision.Length > 0 ? revision : hash, PlanRoad.Folder, files));
    }

    public async Task RunAsync(TimeProvider clock, Action looked, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_lookEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                if (Look()) looked();
            }
        }
        catch (OperationCanceledException)
        {
            // as asked
        }
    }

    private (Dictionary<string, string> Files, bool IsSwapped) Read()
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var isSwapped = true;
        foreach (var source in sources)
        {
            try
            {
                isSwapped &= Read(source, files);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                return ([], false); // half of it is none; it is looked at again
            }
        }

        return (files, isSwapped);
    }

    private static bool Read(PlanSource source, Dictionary<string, string> files)
    {
        // The link is followed once, so that all that is read comes from one version.
        var link = Path.Combine(source.Folder, SwappedLink);
        var target = Path.Exists(link) ? Directory.ResolveLinkTarget(link, returnFinalTarget: true) : null;
        foreach (var path in Directory.EnumerateFiles(target?.FullName ?? source.Folder))
        {
            var name = Path.GetFileName(path);
            if (name[0] == '.' || !source.IsWanted(name)) continue;
            if (new FileInfo(path).Length > ConfigReader.BytesMax) throw new IOException($"{path} is too long");

            files[source.Prefix + name] = File.ReadAllText(path);
        }

        return target is not null;
    }
}
