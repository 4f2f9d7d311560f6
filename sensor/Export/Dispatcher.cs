using System.Collections.Concurrent;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Export;

/// <summary>Sends what the spool holds: a sender for each worker, the table of who takes what, and what waits for
/// workers that are gone goes to others.</summary>
/// <remarks>One task decides; senders run beside it.</remarks>
public sealed class Dispatcher : IDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_lookLastEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>What a power cut may take, and how far numbering must jump after one, is what came since.</summary>
    private static readonly TimeSpan s_syncEvery = TimeSpan.FromSeconds(1);

    private readonly Spool _spool;
    private readonly Distribution _distribution;
    private readonly IMembership _membership;
    private readonly Func<RingMember, CancellationToken, ISender> _start;
    private readonly TimeProvider _clock;
    private readonly LoadShares _shares;
    private readonly LaneMover _mover;
    private readonly Wakeup _changed = new();
    private readonly ConcurrentDictionary<string, ISender> _senders = new(StringComparer.Ordinal);

    /// <summary>By worker: what ended its sender that should not have.</summary>
    private readonly ConcurrentDictionary<string, string> _faults = new(StringComparer.Ordinal);

    private Task _syncing = Task.CompletedTask;
    private long _syncedAt;
    private string? _syncProblem;

    /// <exception cref="IOException">What the spool's folder holds of earlier runs cannot be read.</exception>
    public Dispatcher(
        Spool spool,
        string folder,
        Distribution distribution,
        IMembership membership,
        DeliveryOptions options,
        Func<SensorStatus>? status = null)
        : this(spool, new RetractionList(folder), distribution, membership, options.Clock)
    {
        _start = (member, stopAtOnce) =>
        {
            var outbox = new SpoolOutbox(spool, Retractions, member.Name, distribution.WakeupOf(member.Name));
            var client = new DeliveryClient(options, member, outbox, status) { Changed = _changed };
            return new Sender(client, outbox, stopAtOnce);
        };
    }

    /// <summary>With senders that a simulation makes.</summary>
    internal Dispatcher(
        Spool spool,
        RetractionList retractions,
        Distribution distribution,
        IMembership membership,
        TimeProvider clock,
        Func<RingMember, ISender>? start = null)
    {
        _spool = spool;
        _distribution = distribution;
        _membership = membership;
        _start = (member, _) => start!(member);
        Retractions = retractions;
        _clock = clock;
        _syncedAt = clock.GetTimestamp();
        _shares = new LoadShares(clock);
        _mover = new LaneMover(spool, retractions, distribution);
        Share();
    }

    /// <summary>Workers, and why those that are not connected are not.</summary>
    public IReadOnlyList<(RingMember Member, bool IsUp, string? Problem)> Workers =>
        [.. _senders.Values.Select(static sender => (sender.Member, sender.IsUp, sender.Problem))];

    /// <summary>What keeps batches of workers that are gone from going to others, or ends a sender again and again,
    /// or keeps the spool from the disk; null while all is well.</summary>
    public string? Problem => _mover.Problem ?? _faults.Values.FirstOrDefault()
        ?? Volatile.Read(ref _syncProblem);

    /// <summary>Called after each look.</summary>
    public Action? Looked { get; init; }

    internal RetractionList Retractions { get; }

    private bool IsEmpty => _spool.Lanes.All(static lane => !lane.Queue.HasWaiting(ulong.MaxValue - 1));

    /// <summary>Runs until it is told to stop; then sends what is left until that is done or time is up.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken stopAtOnce)
    {
        while (!stopAtOnce.IsCancellationRequested && !(stop.IsCancellationRequested && IsEmpty))
        {
            await LookAsync(stopAtOnce).ConfigureAwait(false);
            Looked?.Invoke();
            BeginSync();
            try
            {
                // Told to stop, what waits still goes, some of it to others first.
                var isStopping = stop.IsCancellationRequested;
                await _changed.WaitAsync(isStopping ? s_lookLastEvery : s_lookEvery, isStopping ? stopAtOnce : stop)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The condition says what that means.
            }
        }

        // What ended a sender early is no reason not to wait for the others; what it had is in the spool.
        await Task.WhenAll(_senders.Values.Select(static sender => sender.CloseAsync()))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _syncing.ConfigureAwait(false);
        foreach (var sender in _senders.Values) sender.Dispose();
        _senders.Clear();
    }

    public void Dispose() => _changed.Dispose();

    /// <summary>One look at who the workers are, and all that follows from it.</summary>
    internal async Task LookAsync(CancellationToken stopAtOnce)
    {
        Share();
        var members = _membership.Members.ToDictionary(static member => member.Name, StringComparer.Ordinal);
        foreach (var sender in _senders.Values)
        {
            var name = sender.Member.Name;
            if (sender.IsUp)
            {
                _mover.Returned(name);
                _faults.TryRemove(name, out _);
            }

            var isWanted = members.TryGetValue(name, out var member) && member.Address == sender.Member.Address;
            if (isWanted && !sender.IsOver && !_mover.IsDue(name, members.Keys)) continue;

            await EndAsync(sender).ConfigureAwait(false);
            _senders.TryRemove(name, out _);
            if (sender.HasLeft) _mover.Left(name);
            sender.Dispose();
        }

        List<string> connected =
            [.. _senders.Values.Where(static one => one.IsUp).Select(static one => one.Member.Name)];
        _mover.Move(members.Keys, [.. _senders.Keys], connected);
        foreach (var member in members.Values)
        {
            if (_senders.ContainsKey(member.Name) || !_mover.MayConnect(member.Name)) continue;

            _senders[member.Name] = _start(member, stopAtOnce);
        }
    }

    /// <summary>Whatever a sender died of is told, and the others go on.</summary>
    private async Task EndAsync(ISender sender)
    {
        var ending = sender.EndAsync();
        await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ending.Exception is { InnerException: { } fault })
        {
            _faults[sender.Member.Name] = $"{sender.Member.Name}: {fault.Message}";
        }
        else if (!_membership.Members.Any(member => member.Name == sender.Member.Name))
        {
            _faults.TryRemove(sender.Member.Name, out _);
        }
    }

    /// <summary>A disk takes its time, and nothing waits for it here.</summary>
    private void BeginSync()
    {
        if (!_syncing.IsCompleted || _clock.GetElapsedTime(_syncedAt) < s_syncEvery) return;

        _syncedAt = _clock.GetTimestamp();
        _syncing = Task.Run(() =>
        {
            try
            {
                _spool.Sync();
                Volatile.Write(ref _syncProblem, null);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                Volatile.Write(ref _syncProblem, problem.Message);
            }
        });
    }

    private void Share()
    {
        if (_shares.Of(_membership.Members, Weight) is { } table) _distribution.Table = table;
    }

    private int Weight(string worker) => _mover.HasLeft(worker) ? 0
        : _senders.TryGetValue(worker, out var sender) ? Math.Max(1, sender.Weight) : RingMember.WholeWeight;
}
