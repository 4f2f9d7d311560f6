using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Gives sensors their parts of a task, by whatever way leads to each.</summary>
internal sealed class SensorTasking(SensorLinks links, FanOut fanOut, TaskBook book, ServeLimits limits)
{
    /// <summary>Begins everywhere at once and waits until every sensor has begun, or it is clear that it will not.
    /// </summary>
    /// <param name="describe">Says in a task what is to be done.</param>
    /// <param name="begun">Gets the sensors that could be told; to be disposed by whoever asked, whatever happens.
    /// </param>
    public async Task BeginAsync(
        IReadOnlyList<SensorWay> ways, TaskNode root, Action<SensorTask> describe, Completeness completeness,
        List<PacketSource> begun, CancellationToken cancel)
    {
        foreach (var way in ways)
        {
            if (Start(way, root, describe) is { } source) begun.Add(source);
            else completeness.AbsentSensors.Add(new Absence { Worker = way.Node, Why = TaskTree.WentAway });
        }

        await Task.WhenAll(begun.Select(source => BeginAsync(source, cancel))).ConfigureAwait(false);
    }

    private PacketSource? Start(SensorWay way, TaskNode root, Action<SensorTask> describe)
    {
        ITaskCall? call = null;
        var node = book.Begin(root.Id, way.Node, limits.TaskTimeMax, why => call?.Cancel(why));
        if (node is null) return null;

        var task = new SensorTask { Id = node.Id, Parent = root.Id, DeadlineMs = book.LeftMs(node) };
        describe(task);
        call = way.Via is { } member
            ? new RelayCall(fanOut.ClientOf(member), way.Sensor, task)
            : links.Find(way.Sensor)?.Start(task);
        if (call is not null) return new PacketSource(way, node.Id, call);

        book.End(node.Id, TaskOutcome.Failed, TaskTree.WentAway);
        return null;
    }

    private async Task BeginAsync(PacketSource source, CancellationToken cancel)
    {
        try
        {
            while (source is { Kept: null, Ended: null, HasPacket: false })
            {
                await source.NextAsync(cancel).WaitAsync(limits.MemberWait, cancel).ConfigureAwait(false);
                source.Take();
            }
        }
        catch (TimeoutException)
        {
            source.GiveUp(PacketMerge.Silence(limits.MemberWait));
        }
    }
}
