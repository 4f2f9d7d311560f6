using NetSniff.Wire.V1;

namespace NetSniff.Operator.Control;

/// <content>What members are set to do.</content>
public sealed partial class ClusterMembers
{
    /// <summary>Sensors that come meanwhile are looked for so often.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(200);

    public async Task<IReadOnlyList<string>> PurgeAsync(string scope, TimeSpan deadline, CancellationToken cancel)
    {
        lock (_lock)
        {
            _plans.Remove((MemberKind.Sensor, scope));
            _unplanned.Remove((MemberKind.Sensor, ClassOf(scope)));
        }

        using var limit = new CancellationTokenSource(deadline, _clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var began = _clock.GetTimestamp();
        Dictionary<string, Task<bool>> asked = new(StringComparer.Ordinal);
        try
        {
            while (!AskAll(scope, asked, deadline - _clock.GetElapsedTime(began), ending.Token))
            {
                await Task.Delay(s_lookEvery, _clock, ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Out of time: those that did are told, of the others nobody knows.
        }

        await ending.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(asked.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        return [.. asked.Where(static one => one.Value is { IsCompletedSuccessfully: true, Result: true })
            .Select(static one => one.Key)];
    }

    /// <summary>Gives the task to those who do not have it yet, and again to those who failed or were cut.</summary>
    /// <returns>Whether every sensor that is known has done it.</returns>
    private bool AskAll(string scope, Dictionary<string, Task<bool>> asked, TimeSpan left, CancellationToken ending)
    {
        lock (_lock)
        {
            var nodes = _members.Values.Where(one => one.State.Kind == MemberKind.Sensor && one.State.Class == scope)
                .Select(static one => one.State.Node).Distinct(StringComparer.Ordinal).ToList();
            foreach (var line in Lines(MemberKind.Sensor, scope))
            {
                var isUnderWay = asked.TryGetValue(line.Node, out var task)
                    && task is { IsCompleted: false } or { IsCompletedSuccessfully: true, Result: true };
                if (!isUnderWay) asked[line.Node] = PurgeAsync(line, left, ending);
            }

            return nodes.TrueForAll(node => asked.TryGetValue(node, out var task)
                && task is { IsCompletedSuccessfully: true, Result: true });
        }
    }

    private async Task<bool> PurgeAsync(MemberLine line, TimeSpan left, CancellationToken ending)
    {
        var task = new ClusterTask
        {
            Id = NextTask(), DeadlineMs = Math.Max(1, (long)left.TotalMilliseconds), Purge = new PurgeTask(),
        };
        return await line.DoAsync(task, ending).ConfigureAwait(false) is null;
    }
}
