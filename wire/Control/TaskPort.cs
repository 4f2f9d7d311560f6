using Grpc.Core;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>One writer for the tasks of a conversation: a stream takes one word at a time.</summary>
internal sealed class TaskWriter(IClientStreamWriter<FromTasked> stream) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public async Task WriteAsync(FromTasked word, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            // A write that is given up would break the stream for the other tasks.
            await stream.WriteAsync(word, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}

/// <summary>One task's part of the conversation, at the sensor.</summary>
internal sealed class TaskPort : ITaskPort, IDisposable
{
    /// <summary>No task runs longer, whatever it says.</summary>
    private static readonly TimeSpan s_deadlineMax = TimeSpan.FromDays(1);

    private static readonly TimeSpan s_deadlineDefault = TimeSpan.FromMinutes(1);

    private readonly string _id;
    private readonly TaskWriter _writer;
    private readonly SemaphoreSlim _credit = new(0);
    private readonly CancellationTokenSource _outOfTime;
    private readonly CancellationTokenSource _ending;
    private readonly Lock _lock = new();
    private readonly CancellationToken _conversation;
    private List<FlowKey> _flows = [];
    private bool _isDisposed;

    public TaskPort(SensorTask task, TaskWriter writer, TimeProvider clock, CancellationToken conversation)
    {
        (_id, _writer, _conversation) = (task.Id, writer, conversation);
        var left = task.DeadlineMs <= 0 ? s_deadlineDefault
            : TimeSpan.FromMilliseconds(Math.Min(task.DeadlineMs, s_deadlineMax.TotalMilliseconds));
        _outOfTime = new CancellationTokenSource(left, clock);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(conversation, _outOfTime.Token);
    }

    public CancellationToken Ending => _ending.Token;

    public bool IsOutOfTime => _outOfTime.IsCancellationRequested;

    /// <summary>Why it was cancelled.</summary>
    public string Reason { get; private set; } = "the line is gone";

    public void Credit(uint chunks)
    {
        const int CreditMax = 1024;
        lock (_lock)
        {
            if (_isDisposed) return;

            var room = CreditMax - _credit.CurrentCount;
            if (room > 0 && chunks > 0) _credit.Release((int)Math.Min(chunks, (uint)room));
        }
    }

    public void Add(IEnumerable<FlowKey> flows)
    {
        lock (_lock) _flows.AddRange(flows);
    }

    public IReadOnlyList<FlowKey> TakeFlows()
    {
        lock (_lock)
        {
            if (_flows.Count == 0) return [];

            var taken = _flows;
            _flows = [];
            return taken;
        }
    }

    public void Cancel(string reason)
    {
        Reason = reason;
        try
        {
            _ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself just now.
        }
    }

    public Task BeganAsync(KeptPackets kept) =>
        _writer.WriteAsync(new FromTasked { Began = new TaskBegan { Task = _id, Kept = kept } }, Ending);

    public async Task SendAsync(PacketChunk chunk, CancellationToken cancel)
    {
        if (chunk.Count > 0) await _credit.WaitAsync(cancel).ConfigureAwait(false);
        chunk.Task = _id;
        await _writer.WriteAsync(new FromTasked { Chunk = chunk }, cancel).ConfigureAwait(false);
    }

    public async Task EndAsync(TaskEnded ended)
    {
        try
        {
            await _writer.WriteAsync(new FromTasked { Ended = ended }, _conversation).ConfigureAwait(false);
        }
        catch (Exception end) when (
            end is RpcException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // The line is gone, and the worker knows that.
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _credit.Dispose();
        }

        _ending.Dispose();
        _outOfTime.Dispose();
    }
}
