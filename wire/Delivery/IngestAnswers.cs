using Grpc.Core;
using NetSniff.Wire.Batches;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Delivery;

/// <summary>What a worker says to one sensor: acknowledgements, many batches in one, and credit for as many as were
/// taken.</summary>
internal sealed class IngestAnswers(IInboxSession session, IServerStreamWriter<FromWorker> answers) : IDisposable
{
    /// <summary>Load is told at least so often, and credit that was held back is thought over.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Wakeup _wakeup = new();
    private readonly Dictionary<string, ulong> _durable = new(StringComparer.Ordinal);
    private readonly List<Ack> _acks = [];
    private uint _owed;
    private volatile bool _isFull;

    /// <summary>The inbox takes nothing now.</summary>
    public bool IsFull
    {
        set
        {
            if (_isFull == value) return;

            _isFull = value;
            _wakeup.Set();
        }
    }

    public Task WelcomeAsync(IInbox inbox)
    {
        var welcome = new Welcome
        {
            Worker = inbox.Worker,
            Version = inbox.Version,
            BatchVersion = BatchFormat.Version,
            Credit = session.Weight > 0 ? (uint)session.Window : 0,
        };
        if (welcome.Credit == 0) _owed = (uint)session.Window;
        welcome.Lanes.AddRange(session.Positions);
        return answers.WriteAsync(new FromWorker { Welcome = welcome });
    }

    /// <summary>A batch is durable.</summary>
    public void Took(Batch batch)
    {
        lock (_lock)
        {
            _durable[batch.Lane] = batch.Sequence;
            _owed++;
        }

        _wakeup.Set();
    }

    /// <summary>Answers until it is told to stop. What it has begun to say it says: an acknowledgement that was cut off
    /// would be missing before the last word.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var weight = -1;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await _wakeup.WaitAsync(s_every, stop).ConfigureAwait(false);
                await AcknowledgeAsync().ConfigureAwait(false);
                var now = _isFull ? 0 : session.Weight;
                var credit = TakeCredit(now);
                if (credit == 0 && now == weight) continue;

                weight = now;
                var word = new FromWorker { Credit = new Credit { Batches = credit, Weight = (uint)now } };
                await answers.WriteAsync(word, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The connection is over; so is this.
        }
    }

    /// <summary>The last words: what is durable, and whether the worker goes.</summary>
    public async Task FinishAsync(bool isLeaving)
    {
        await AcknowledgeAsync().ConfigureAwait(false);
        if (!isLeaving) return;

        await answers.WriteAsync(new FromWorker { Leaving = new Leaving { Reason = "stopping" } })
            .ConfigureAwait(false);
    }

    public void Dispose() => _wakeup.Dispose();

    private async Task AcknowledgeAsync()
    {
        lock (_lock)
        {
            _acks.Clear();
            foreach (var (lane, sequence) in _durable) _acks.Add(new Ack { Lane = lane, Sequence = sequence });
            _durable.Clear();
        }

        foreach (var ack in _acks)
        {
            await answers.WriteAsync(new FromWorker { Ack = ack }).ConfigureAwait(false);
        }
    }

    private uint TakeCredit(int weight)
    {
        if (weight == 0) return 0;

        lock (_lock)
        {
            var owed = _owed;
            _owed = 0;
            return owed;
        }
    }
}
