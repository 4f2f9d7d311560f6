using System.Collections.Concurrent;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.Control;

/// <summary>One conversation with a member: what is to be said to it, and the tasks it has. Any thread.</summary>
internal sealed class MemberLine(MemberKind kind, ClusterHello hello) : IDisposable
{
    private readonly ConcurrentQueue<FromOperator> _words = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string?>> _tasks = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _superseded = new();
    private volatile bool _isOver;
    private int _isPlanDue = 1;

    public MemberKind Kind => kind;

    public string Pod => hello.Pod;

    public string Node => hello.Node;

    public string Class => hello.Class;

    public string Version => hello.Version;

    /// <summary>Set when there is something to say.</summary>
    public Wakeup Waiting { get; } = new();

    /// <summary>Another conversation of the same member takes the place of this one.</summary>
    public CancellationToken Superseded => _superseded.Token;

    /// <summary>What it was last told to run. Of the writing thread.</summary>
    public MemberPlan? Planned { get; set; }

    public MemberRates Rates { get; } = new();

    /// <summary>What it is to run may be something else by now.</summary>
    public void Plan()
    {
        Volatile.Write(ref _isPlanDue, 1);
        Waiting.Set();
    }

    /// <returns>Whether it may be, once.</returns>
    public bool TakePlanDue() => Interlocked.Exchange(ref _isPlanDue, 0) != 0;

    public FromOperator? NextWord() => _words.TryDequeue(out var word) ? word : null;

    /// <summary>Has it do something. Cancelled, the member is told to stop.</summary>
    /// <returns>Why it could not be done; null when it is.</returns>
    public async Task<string?> DoAsync(ClusterTask task, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_tasks.Count >= ClusterLimits.TasksMax || !_tasks.TryAdd(task.Id, done)) return "it has too many tasks";

        Say(new FromOperator { Task = task });
        // Between the look and the adding the line may have gone.
        if (_isOver) done.TrySetResult("it went away");
        try
        {
            return await done.Task.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Say(new FromOperator { Cancel = new ClusterCancel { Task = task.Id, Reason = "no longer wanted" } });
            throw;
        }
        finally
        {
            _tasks.TryRemove(task.Id, out _);
        }
    }

    public void End(ClusterTaskEnded ended)
    {
        if (!_tasks.TryGetValue(ended.Task, out var done)) return; // given up here, and not yet there

        var why = ended.Reason.Length == 0 ? "no reason given" : ClusterLimits.Cut(ended.Reason);
        done.TrySetResult(ended.IsDone ? null : why);
    }

    /// <summary>Its end is the end of every task that went by it.</summary>
    public void Lose()
    {
        _isOver = true;
        foreach (var task in _tasks.Values) task.TrySetResult("it went away");
    }

    // Elsewhere: whoever waits for it must not run under the lock of who calls.
    public void Supersede() => _ = _superseded.CancelAsync();

    public void Dispose()
    {
        Waiting.Dispose();
        _superseded.Dispose();
    }

    private void Say(FromOperator word)
    {
        if (_isOver) return;

        // Bounded by itself: tasks are few, and a cancel follows a task.
        _words.Enqueue(word);
        try
        {
            Waiting.Set();
        }
        catch (ObjectDisposedException)
        {
            // It ended just now.
        }
    }
}
