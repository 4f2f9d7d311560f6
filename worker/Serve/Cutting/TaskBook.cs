using System.Globalization;
using NetSniff.Json;
using NetSniff.Wire.Control;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Keeps the tree of tasks: gives them names, tells those that must stop, and watches the clock.</summary>
internal sealed class TaskBook : IDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(500);

    private readonly TaskTree _tree = new();
    private readonly Dictionary<string, Action<string>> _stops = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly string _prefix;
    private readonly ITimer _timer;
    private long _next;

    /// <param name="worker">Tasks of different workers must not have the same name.</param>
    public TaskBook(string worker, TimeProvider clock)
    {
        _clock = clock;
        // A worker that came back must not be taken for the one that went.
        _prefix = string.Create(CultureInfo.InvariantCulture, $"{worker}/{clock.GetUtcNow().Ticks:x}/");
        _timer = clock.CreateTimer(_ => Expire(), null, s_lookEvery, s_lookEvery);
    }

    public int Running
    {
        get
        {
            lock (_lock) return _tree.Running;
        }
    }

    /// <summary>A new task, running from now on.</summary>
    /// <param name="stop">Called, from any thread, when it must stop, with why.</param>
    /// <returns>Null when there is no room, or what it is a part of is over.</returns>
    public TaskNode? Begin(string parent, string place, TimeSpan limit, Action<string> stop)
    {
        lock (_lock)
        {
            var id = _prefix + (++_next).ToString(CultureInfo.InvariantCulture);
            var node = _tree.Add(id, parent, place, NowNanos() + Nanos(limit));
            if (node is not null) _stops[id] = stop;
            return node;
        }
    }

    /// <summary>How long a task may still take.</summary>
    public long LeftMs(TaskNode node) => Math.Max(1, (node.DeadlineNanos - NowNanos()) / 1_000_000);

    public TaskNode? Find(string id)
    {
        lock (_lock) return _tree.Find(id);
    }

    public void End(string id, TaskOutcome outcome, string reason) =>
        Step(tree => tree.End(id, TaskTree.StateOf(outcome), reason));

    /// <summary>Forgets a task and all below it; what still runs of it is stopped.</summary>
    public void Close(string id, string reason)
    {
        Step(tree => tree.Cancel(id, reason));
        lock (_lock)
        {
            foreach (var child in _tree.ChildrenOf(id)) _stops.Remove(child.Id);
            _stops.Remove(id);
            _tree.Forget(id);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Expire() => Step(tree => tree.Expire(NowNanos()));

    /// <summary>Takes a step and tells those that must stop, without the lock: what that sets off may come back here.
    /// </summary>
    private void Step(Func<TaskTree, IReadOnlyList<TaskNode>> step)
    {
        List<(Action<string> Stop, string Reason)> stops = [];
        lock (_lock)
        {
            foreach (var node in step(_tree))
            {
                if (_stops.GetValueOrDefault(node.Id) is { } stop) stops.Add((stop, node.Reason));
            }
        }

        foreach (var (stop, reason) in stops)
        {
            try
            {
                stop(reason);
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself just now; on the timer's thread nobody else would catch it.
            }
        }
    }

    private long NowNanos() => Timestamps.Nanos(_clock.GetUtcNow());

    private static long Nanos(TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;
}
