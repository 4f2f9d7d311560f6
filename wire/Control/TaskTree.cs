using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

public enum TaskState : byte { Running, Done, Cut, Failed, Cancelled }

/// <summary>One task, and how it stands.</summary>
/// <param name="Parent">Id of the task it is a part of; empty for one that somebody asked for.</param>
/// <param name="Place">The sensor or worker that does it.</param>
/// <param name="Reason">Why it ended as it did; empty where nothing need be said.</param>
public sealed record TaskNode(
    string Id, string Parent, string Place, long DeadlineNanos, TaskState State = TaskState.Running, string Reason = "")
{
    public bool IsOver => State != TaskState.Running;
}

/// <summary>What a worker has set others to do, as a tree: a task that ends early, is cancelled or runs out of time
/// takes all its children with it, wherever they are.</summary>
/// <remarks>A pure step machine: no clock, no socket, no thread. Each step says which tasks must be told to stop;
/// telling them is the caller's. A child never has more time than its parent.</remarks>
public sealed class TaskTree(int tasksMax = TaskTree.TasksMax)
{
    /// <summary>Tasks that run at one time, children among them.</summary>
    public const int TasksMax = 16_384;

    public const string WentAway = "went away";
    public const string OutOfTime = "out of time";

    private readonly Dictionary<string, TaskNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _children = new(StringComparer.Ordinal);

    public int Count => _nodes.Count;

    public int Running => _nodes.Values.Count(static node => !node.IsOver);

    /// <summary>Tasks that found no room.</summary>
    public long Refused { get; private set; }

    public TaskNode? Find(string id) => _nodes.GetValueOrDefault(id);

    public IReadOnlyList<TaskNode> ChildrenOf(string id) =>
        _children.TryGetValue(id, out var children) ? [.. children.Select(child => _nodes[child])] : [];

    /// <summary>Another task.</summary>
    /// <returns>Null when there is no room, the id is taken, or its parent is not running.</returns>
    public TaskNode? Add(string id, string parent, string place, long deadlineNanos)
    {
        var above = parent.Length == 0 ? null : Find(parent);
        if (parent.Length > 0 && above is not { IsOver: false }) return null;
        if (_nodes.Count >= tasksMax || _nodes.ContainsKey(id))
        {
            Refused++;
            return null;
        }

        var node = new TaskNode(id, parent, place, Math.Min(deadlineNanos, above?.DeadlineNanos ?? long.MaxValue));
        _nodes.Add(id, node);
        if (above is null) return node;

        if (!_children.TryGetValue(parent, out var children)) _children[parent] = children = [];
        children.Add(id);
        return node;
    }

    /// <summary>A task ended by itself.</summary>
    /// <returns>Tasks below it that still run, and must stop: what they are a part of is over.</returns>
    public IReadOnlyList<TaskNode> End(string id, TaskState state, string reason = "")
    {
        if (Find(id) is not { IsOver: false } node) return [];

        _nodes[id] = node with { State = state, Reason = reason };
        return StopBelow(id, state == TaskState.Done ? "no longer needed" : reason);
    }

    /// <summary>Somebody does not want it any more.</summary>
    /// <returns>All that must stop, the task itself first.</returns>
    public IReadOnlyList<TaskNode> Cancel(string id, string reason)
    {
        if (Find(id) is not { IsOver: false } node) return [];

        var stopped = node with { State = TaskState.Cancelled, Reason = reason };
        _nodes[id] = stopped;
        return [stopped, .. StopBelow(id, reason)];
    }

    /// <summary>It is so late.</summary>
    /// <returns>All that must stop.</returns>
    public IReadOnlyList<TaskNode> Expire(long nowNanos)
    {
        List<TaskNode> all = [];
        // Parents have at least as much time as their children, so the order does not matter.
        foreach (var node in _nodes.Values.Where(node => !node.IsOver && node.DeadlineNanos <= nowNanos).ToList())
        {
            all.AddRange(Cancel(node.Id, OutOfTime));
        }

        return all;
    }

    /// <summary>Forgets a task that is over, and all below it, which then are over too.</summary>
    public void Forget(string id)
    {
        if (Find(id) is not { IsOver: true } node) return;

        if (_children.Remove(id, out var children))
        {
            foreach (var child in children) Forget(child);
        }

        _nodes.Remove(id);
        if (_children.TryGetValue(node.Parent, out var siblings)) siblings.Remove(id);
    }

    public static TaskState StateOf(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Done => TaskState.Done,
        TaskOutcome.Cut => TaskState.Cut,
        TaskOutcome.Cancelled => TaskState.Cancelled,
        _ => TaskState.Failed,
    };

    private List<TaskNode> StopBelow(string id, string reason)
    {
        List<TaskNode> all = [];
        foreach (var child in ChildrenOf(id)) all.AddRange(Cancel(child.Id, reason));
        return all;
    }
}
