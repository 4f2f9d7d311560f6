using System.Buffers;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>One request, from the moment its sensors have begun to the last word about what is missing.</summary>
internal sealed class PacketAnswer(
    PacketSelection selection, PacketServing serving, IReadOnlyList<PacketSource> sources, Completeness completeness,
    TaskBook book, TaskNode root)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public async Task RunAsync(
        IAnswers<PacketsAnswer> answers, ServeLimits limits, FlowFinding finding, PacketAudit audit,
        CancellationTokenSource ending, CancellationToken cancel)
    {
        foreach (var source in sources) NoteBeginning(source);
        NoteEnded();
        var buffer = new ArrayBufferWriter<byte>(1 << 19);
        ICutFile file = selection.IsClassic
            ? new ClassicCutFile(buffer)
            : new CutFile(
                buffer, PacketNotes.Beginning(selection, completeness), selection.HasNames ? serving.NameOf : null);
        var answering = new PacketAnswering(selection, file, buffer, answers, serving.Counters);
        audit.Follow(answering);
        // The head at once, so that whoever waits for a file has one.
        await answering.FlushAsync(cancel).ConfigureAwait(false);
        var known = completeness.AbsentSensors.Count;
        var growing = Task.CompletedTask;
        try
        {
            if (selection is { IsFollowing: true, IsDirect: false })
            {
                growing = finding.FollowAsync(selection.Where, selection.SinceNanos, Add, ending.Token);
            }

            await MergeAsync(answering, limits, growing, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && ending.IsCancellationRequested)
        {
            completeness.IsCut = true;
            completeness.Notes.Add($"ended by the worker: {book.Find(root.Id)?.Reason ?? TaskTree.OutOfTime}");
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await growing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        NoteEnded();
        if (answering.Limit is { } limit) completeness.Notes.Add($"ended at {limit}");
        completeness.IsCut |= answering.IsCut;
        if (file.Lack is { } lack) completeness.Notes.Add(lack);
        file.End(PacketNotes.End(completeness, known));
        await answering.FlushAsync(cancel).ConfigureAwait(false);
        await answering.FinishAsync(completeness, cancel).ConfigureAwait(false);
        audit.Outcome = completeness.AbsentSensors.Count + completeness.Absent.Count > 0 ? "partial"
            : completeness.IsCut ? "cut" : "done";
    }

    private void Add(IReadOnlyList<FlowKey> flows)
    {
        foreach (var source in sources) source.Call.Add(flows);
    }

    private async Task MergeAsync(
        PacketAnswering answering, ServeLimits limits, Task growing, CancellationToken cancel)
    {
        var merge = new PacketMerge(sources, selection.IsFollowing, limits.MemberWait);
        await merge.RunAsync(
            answering.Take,
            async isIdle =>
            {
                NoteEnded();
                // Whoever looks for flows must not fail unheard.
                if (growing.IsFaulted) await growing.ConfigureAwait(false);
                if (isIdle || answering.IsPieceFull) await answering.FlushAsync(cancel).ConfigureAwait(false);
            },
            cancel).ConfigureAwait(false);
    }

    private void NoteBeginning(PacketSource source)
    {
        if (source.Kept is not { } kept) return;

        var node = source.Way.Node;
        var asked = selection.SinceNanos;
        if (asked != 0 && kept.OldestNanos > asked)
        {
            completeness.Notes.Add(
                $"{node} keeps packets from {PacketSelection.Time(kept.OldestNanos)} on"
                + (kept.PacketsOverwritten > 0 ? "; older ones made room" : ""));
        }

        if (kept.OldestNanos == 0 && !selection.IsFollowing) completeness.Notes.Add($"{node} has no packets yet");
        if (kept.Depth == "headers") completeness.Notes.Add($"{node} keeps headers alone");
        if (kept.Depth == "ciphertext") completeness.Notes.Add($"{node} keeps payload only where it is ciphertext");
        if (kept.PacketsDropped > 0)
        {
            completeness.Notes.Add($"{node} dropped {kept.PacketsDropped} packets for want of room on its disk");
        }
    }

    /// <summary>Sensors that ended otherwise than in order, once each.</summary>
    private void NoteEnded()
    {
        foreach (var source in sources)
        {
            if (source.Ended is not { } ended || !_told.Add(source.TaskId)) continue;

            var (node, reason) = (source.Way.Node, ended.Reason);
            book.End(source.TaskId, ended.Outcome, reason);
            if (ended.LostPlace) completeness.Notes.Add($"{node} overwrote packets before they could be sent");
            if (source.Packets.IsDamaged) completeness.Notes.Add($"{node} sent packets that could not be read");
            if (ended.Outcome is TaskOutcome.Done or TaskOutcome.Cut) continue;

            completeness.AbsentSensors.Add(new Absence { Worker = node, Why = reason });
        }
    }
}
