using NetSniff.Storage.MmapQueue;

namespace NetSniff.Sensor.Export;

/// <summary>What waits for workers that are gone goes to others, whole batches, once.</summary>
/// <remarks>A worker that vanished may hold what it did not acknowledge: such batches are written down first, and the
/// worker is told to forget them before it gets anything else. A worker that left in order holds nothing else than what
/// it acknowledged. One thread.</remarks>
internal sealed class LaneMover(Spool spool, RetractionList retractions, Distribution distribution)
{
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private int _turn;

    /// <summary>Why something could not be moved; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>A worker ended its conversation in order.</summary>
    public void Left(string worker) => _left.Add(worker);

    /// <summary>It is there again.</summary>
    public void Returned(string worker) => _left.Remove(worker);

    public bool HasLeft(string worker) => _left.Contains(worker);

    /// <summary>Something waits for a worker that left, and others could have it.</summary>
    public bool IsDue(string worker, IReadOnlyCollection<string> members) => _left.Contains(worker)
        && members.Any(other => !_left.Contains(other))
        && spool.Lanes.Any(lane => lane.Worker == worker && lane.Queue.HasWaiting(ulong.MaxValue - 1));

    /// <summary>Moves all that waits for others than those, or for those that left.</summary>
    /// <param name="sending">Workers with a sender: what waits for them is left alone.</param>
    /// <param name="connected">Those of them that take something now.</param>
    public void Move(
        IReadOnlyCollection<string> members, IReadOnlyCollection<string> sending, IReadOnlyCollection<string> connected)
    {
        List<string> up = [.. connected.Where(worker => !_left.Contains(worker))];
        List<string> others = [.. members.Where(worker => !_left.Contains(worker))];
        foreach (var lane in spool.Lanes)
        {
            var isMember = members.Contains(lane.Worker);
            var hasLeft = _left.Contains(lane.Worker);
            if (sending.Contains(lane.Worker) || (isMember && !hasLeft && !IsHalfMoved(lane))) continue;

            // Where there is nobody else a worker that left is waited for; one that is back gets its own under new
            // names.
            var targets = up.Count > 0 ? up : others;
            if (targets.Count == 0 && isMember && !hasLeft) targets = [lane.Worker];
            if (targets.Count > 0) Move(lane, targets, isMember);
        }

        _left.RemoveWhere(worker => !members.Contains(worker));
    }

    /// <summary>Whether a worker may be sent its lanes: nothing of them is half on its way to others.</summary>
    public bool MayConnect(string worker)
    {
        foreach (var lane in spool.Lanes)
        {
            if (lane.Worker == worker && IsHalfMoved(lane)) return false;
        }

        return true;
    }

    /// <summary>What the worker will be told to forget still waits here under the same names.</summary>
    private bool IsHalfMoved(SpoolLane lane)
    {
        var last = retractions.Last(lane.Worker, lane.Name);
        return last > lane.Queue.Acknowledged && lane.Queue.HasWaiting(last);
    }

    private void Move(SpoolLane lane, List<string> targets, bool isMember)
    {
        try
        {
            retractions.Add(lane.Worker, lane.Name, lane.Queue.InDoubt());
            var target = spool.Lane(targets[_turn++ % targets.Count], lane.Priority);
            var last = lane.Queue.Next - 1;
            while (lane.Queue.HasWaiting(last) && spool.TryMove(lane, target))
            {
            }

            distribution.WakeupOf(target.Worker).Set();
            if (!isMember && target != lane) spool.TryRemove(lane);
            Problem = null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Problem = problem.Message;
        }
    }
}
