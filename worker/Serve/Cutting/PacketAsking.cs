using Grpc.Core;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Cuts packets out of the rings of all sensors and gives them as one file.</summary>
/// <remarks>The seam for whoever needs the packets around a moment: a request with a time, flows in a filter, and a
/// reason that stands in the file.</remarks>
internal sealed class PacketAsking(
    PacketServing serving, SensorReach reach, SensorTasking tasking, FlowFinding finding, TaskBook book,
    ServeLimits limits, ReadGate gate)
{
    /// <param name="own">The connection that the answer goes through; its packets are nobody's wish.</param>
    public async Task RunAsync(
        PacketsRequest request, Caller caller, FlowName? own, IAnswers<PacketsAnswer> answers, CancellationToken cancel)
    {
        var selection = PacketSelection.Of(request, limits);
        var audit = new PacketAudit(serving, caller, selection);
        try
        {
            using var place = await gate.EnterAsync(cancel).ConfigureAwait(false);
            await RunAsync(selection, caller, own, answers, audit, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            audit.Outcome = "cancelled";
            throw;
        }
        catch (Exception problem)
        {
            audit.Outcome = "failed";
            audit.Note = problem is RpcException rpc ? rpc.Status.Detail : problem.Message;
            throw;
        }
        finally
        {
            audit.End();
        }
    }

    private async Task RunAsync(
        PacketSelection selection, Caller caller, FlowName? own, IAnswers<PacketsAnswer> answers, PacketAudit audit,
        CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var longest = selection.IsFollowing ? limits.PacketFollowMax : limits.PacketTimeMax;
        var root = book.Begin("", caller.Name, longest, _ => ending.Cancel())
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "there are too many tasks already"));
        List<PacketSource> sources = [];
        try
        {
            var completeness = new Completeness();
            var flows = selection.IsDirect || selection.IsFollowing ? null : await finding
                .FindAsync(selection.Where, selection.SinceNanos, selection.UntilNanos, ending.Token)
                .ConfigureAwait(false);
            var ways = await reach.PlanAsync(selection.Nodes, completeness, ending.Token).ConfigureAwait(false);
            if (ways.Count == 0 && completeness.AbsentSensors.Count == 0 && completeness.Absent.Count == 0)
            {
                throw new RpcException(new Status(StatusCode.NotFound, NobodyThere(selection)));
            }

            Note(flows, completeness);
            var cut = selection.Cut(flows);
            if (own is { } line) cut.Except.Add(line.Key(0, 0));
            await tasking.BeginAsync(ways, root, task => task.Cut = cut, completeness, sources, ending.Token)
                .ConfigureAwait(false);
            var answer = new PacketAnswer(selection, serving, sources, completeness, book, root);
            await answer.RunAsync(answers, limits, finding, audit, ending, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"not begun within {longest}"));
        }
        finally
        {
            book.Close(root.Id, cancel.IsCancellationRequested ? "whoever asked went away" : "no longer wanted");
            foreach (var source in sources) source.Dispose();
        }
    }

    private static string NobodyThere(PacketSelection selection) => selection.Nodes.Count == 0
        ? "no sensor is known"
        : $"no sensor is known on {string.Join(", ", selection.Nodes)}";

    private static void Note(FlowCollector? flows, Completeness completeness)
    {
        if (flows is null) return;

        foreach (var absence in flows.Completeness.Absent)
        {
            if (completeness.Absent.All(known => known.Worker != absence.Worker)) completeness.Absent.Add(absence);
        }

        if (!flows.IsCut) return;

        completeness.IsCut = true;
        completeness.Notes.Add($"more records match than are followed up: {flows.Count} flows are here");
    }
}
