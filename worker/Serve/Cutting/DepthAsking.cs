using Grpc.Core;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Has sensors look less deep for a while: as long as somebody wants it, and no longer than was said. Whatever
/// ends it, they go back by themselves.</summary>
internal sealed class DepthAsking(
    PacketServing serving, SensorReach reach, SensorTasking tasking, TaskBook book, ServeLimits limits)
{
    /// <remarks>The first answer says who does it; the last, when the time is over, who did not to its end.</remarks>
    public async Task RunAsync(
        DepthRequest request, Caller caller, IAnswers<DepthAnswer> answers, CancellationToken cancel)
    {
        var longest = TimeSpan.FromSeconds(request.Seconds);
        if (longest <= TimeSpan.Zero || longest > limits.TaskTimeMax)
        {
            throw Asking.Wrong($"a change of depth takes from a second to {limits.TaskTimeMax}");
        }

        var who = $"audit: depth: {caller.Name} at {caller.Address}";
        serving.Audit($"{who} asks for {request.Rung} for {longest}");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var root = book.Begin("", caller.Name, longest, _ => ending.Cancel())
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "there are too many tasks already"));
        List<PacketSource> sources = [];
        try
        {
            await HoldAsync(request, root, sources, answers, ending.Token, cancel).ConfigureAwait(false);
        }
        finally
        {
            book.Close(root.Id, cancel.IsCancellationRequested ? "whoever asked went away" : "no longer wanted");
            foreach (var source in sources) source.Dispose();
            serving.Audit($"{who}: {request.Rung} is over");
        }
    }

    private async Task HoldAsync(
        DepthRequest request, TaskNode root, List<PacketSource> sources, IAnswers<DepthAnswer> answers,
        CancellationToken ending, CancellationToken cancel)
    {
        var completeness = new Completeness();
        try
        {
            var nodes = new HashSet<string>(request.Nodes, StringComparer.Ordinal);
            var ways = await reach.PlanAsync(nodes, completeness, ending).ConfigureAwait(false);
            // What was lost before has nothing to do with it.
            completeness.Losses.Clear();
            await tasking.BeginAsync(
                ways, root, task => task.Depth = new ChangeDepth { Rung = request.Rung }, completeness, sources, ending)
                .ConfigureAwait(false);
            foreach (var source in sources) Note(source, completeness);
            await answers.WriteAsync(new DepthAnswer { Completeness = completeness.Clone() }, cancel)
                .ConfigureAwait(false);
            while (sources.Any(static source => source.Ended is null))
            {
                var waited = sources.Where(static source => source.Ended is null).ToList();
                await Task.WhenAny(waited.Select(source => source.NextAsync(ending))).ConfigureAwait(false);
                foreach (var source in waited.Where(static source => source.Take())) Note(source, completeness);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The time is over.
        }

        await answers.WriteAsync(new DepthAnswer { Completeness = completeness, IsOver = true }, cancel)
            .ConfigureAwait(false);
    }

    private static void Note(PacketSource source, Completeness completeness)
    {
        if (source.Ended is not { Outcome: not TaskOutcome.Cut } ended) return;

        completeness.AbsentSensors.Add(new Absence { Worker = source.Way.Node, Why = ended.Reason });
    }
}
