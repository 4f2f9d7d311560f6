using System.Text;
using NetSniff.Config;
using NetSniff.Storage.Config;
using NetSniff.Worker.Detect;

namespace NetSniff.Cli.Hosting;

/// <content>What a worker is told, by files and by its operator.</content>
internal sealed partial class WorkerProgram
{
    private const string ConfigFile = "worker.json";
    private const string RulesPrefix = "rules";

    private FindingNotices? _notices;
    private OperatorTalk? _operator;
    private long _nudgedAt;

    /// <summary>Of the plan, where one is kept.</summary>
    private string? RulesWatched => _settings.PlanFolder is { } kept
        ? Path.Combine(kept, RulesPrefix)
        : _settings.RulesFolder;

    private (PlanKeeper? Plans, FolderRoad? Road) Planned()
    {
        if (_settings.PlanFolder is not { } kept) return (null, null);

        var plans = new PlanKeeper(new PlanFolder(kept, RulesPrefix), Check);
        List<PlanSource> sources = [];
        if (_settings.ConfigFolder is { } mounted)
        {
            sources.Add(new PlanSource(mounted, "", static name => name == ConfigFile));
            if (_settings.RulesFolder is { } rules)
            {
                sources.Add(new PlanSource(
                    rules, RulesPrefix + "/", static name => Path.GetExtension(name) is ".yaml" or ".yml"));
            }
        }

        var road = sources is [] ? null : new FolderRoad(plans, ConfigFile, sources, LabelOf);
        road?.Look();
        OperatorTalk.Tell(_terminal, plans);
        return (plans, road);
    }

    private static IReadOnlyList<ConfigProblem> Check(MemberFiles plan)
    {
        if (!plan.Files.TryGetValue(ConfigFile, out var text)) return [new ConfigProblem("", $"has no {ConfigFile}")];

        _ = WorkerConfigReader.Read(Encoding.UTF8.GetBytes(text), out var problems);
        return problems;
    }

    private static (long Sequence, string Revision)? LabelOf(IReadOnlyDictionary<string, string> files) =>
        WorkerConfigReader.Read(Encoding.UTF8.GetBytes(files[ConfigFile]), out _) is { } config
            ? (config.Sequence, config.Revision)
            : null;

    private IReadOnlyList<ConfigProblem> ApplyPlan() => [.. _config?.LookNow() ?? [], .. _rules?.LookNow() ?? []];

    private Task WatchAsync(CancellationToken stop) => new PlanWatch(
        _terminal, _config is null ? null : _config.RunAsync, _plans, _road, () => _operator).RunAsync(stop);

    /// <summary>Findings that ask for an Event are for the operator alone.</summary>
    private void Gather()
    {
        if (_settings.Operator is null || _rules is null) return;

        var stage = _rules.Stage;
        _notices = new FindingNotices(() => stage.Rules) { Came = Nudge };
        stage.FoundBy = [.. stage.FoundBy, _notices];
        Board.AddLedger(_notices.Ledger);
    }

    /// <summary>A flood of findings is no flood of reports.</summary>
    private void Nudge()
    {
        if (_nudgedAt != 0 && _terminal.Clock.GetElapsedTime(_nudgedAt) < TimeSpan.FromSeconds(1)) return;

        _nudgedAt = _terminal.Clock.GetTimestamp();
        _operator?.Changed();
    }

    private void Attend()
    {
        if (_settings.Operator is not { } settings || _plans is null) return;

        _operator = new OperatorTalk(
            _terminal, settings, _certificates, Board,
            new AttendingWorker(_terminal, settings, this, _plans, _rules?.Stage, _notices));
    }
}
