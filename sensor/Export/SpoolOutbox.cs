using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Export;

/// <summary>The lanes of a spool that belong to one worker, the most important first.</summary>
internal sealed class SpoolOutbox(Spool spool, RetractionList retractions, string worker, Wakeup waiting)
    : IOutbox, IDisposable
{
    private readonly List<OpenLane> _open = [];
    private IReadOnlyList<SpoolLane> _seen = [];
    private byte[] _buffer = new byte[1 << 16];

    public Wakeup Waiting => waiting;

    public bool IsEmpty
    {
        get
        {
            foreach (var lane in spool.Lanes)
            {
                if (lane.Worker == worker && lane.Queue.Counts().Entries > 0) return false;
            }

            return true;
        }
    }

    public IReadOnlyList<Retraction> Retractions => retractions.Of(worker);

    public void ForgetRetractions() => retractions.Forget(worker);

    public bool TryTake(Batch batch)
    {
        FindLanes();
        foreach (var lane in _open)
        {
            if (TryTake(lane, batch)) return true;
        }

        return false;
    }

    private bool TryTake(OpenLane lane, Batch batch)
    {
        while (lane.Reader.TryRead(out var entry))
        {
            if (SpooledBatch.TryRead(entry, lane.Name, ref _buffer, batch))
            {
                // Before it goes: after a kill nobody else knows that the worker may have it.
                lane.Queue.MarkSent(entry.Sequence);
                return true;
            }

            // Whole by its checksum and yet no batch: another program's, or a fault of ours. Passed over it would count
            // as arrived with the next acknowledgement, and as the last of its lane it would wait for ever.
            if (!lane.Reader.TryGiveUp(entry.Sequence)) return false;
        }

        return false;
    }

    public void Acknowledge(string lane, ulong sequence)
    {
        FindLanes();
        foreach (var open in _open)
        {
            if (open.Name != lane) continue;

            // More than was ever appended: the folder was put back from an earlier time.
            open.Queue.SkipTo(sequence);
            open.Reader.Acknowledge(sequence);
        }
    }

    public void Rewind()
    {
        foreach (var lane in _open) lane.Reader.Rewind(lane.Queue.Acknowledged);
    }

    public void Settle()
    {
        FindLanes();
        foreach (var lane in _open) lane.Queue.ForgetSent();
    }

    public void Dispose()
    {
        foreach (var lane in _open) lane.Reader.Dispose();
        _open.Clear();
        _seen = [];
    }

    private void FindLanes()
    {
        var lanes = spool.Lanes;
        if (ReferenceEquals(lanes, _seen)) return;

        _seen = lanes;
        foreach (var lane in lanes)
        {
            if (lane.Worker != worker || _open.Exists(open => open.Name == lane.Name)) continue;

            _open.Add(new OpenLane(lane.Name, lane.Priority, lane.Queue, lane.Queue.OpenReader()));
        }

        _open.Sort(static (one, other) => one.Priority.CompareTo(other.Priority));
    }

    private sealed record OpenLane(string Name, SpoolPriority Priority, MmapQueue Queue, QueueReader Reader);
}
