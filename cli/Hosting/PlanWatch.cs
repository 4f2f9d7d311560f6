using NetSniff.Storage.Config;

namespace NetSniff.Cli.Hosting;

/// <summary>Keeps looking where a member is told what to do: at the configuration in force, and at the folders by which
/// plans come.</summary>
/// <param name="config">Null where no configuration is watched.</param>
/// <param name="plans">Null where none are kept, and then there is no road either.</param>
/// <param name="talk">The line to the operator, once there is one.</param>
internal sealed class PlanWatch(
    Terminal terminal, Func<CancellationToken, Task>? config, PlanKeeper? plans, FolderRoad? road,
    Func<OperatorTalk?> talk)
{
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        config?.Invoke(stop) ?? Task.CompletedTask,
        road?.RunAsync(terminal.Clock, Tell, stop) ?? Task.CompletedTask);

    private void Tell()
    {
        OperatorTalk.Tell(terminal, plans!);
        talk()?.Changed();
    }
}
