using System.Collections.Concurrent;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Export;

/// <summary>Sends what the spool holds: a client for each worker, the table of who takes what, and what waits for workers
/// that are gone goes to others.</summary>
/// <remarks>One task decides; clients run beside it.</remarks>
public sealed class Dispatcher : IDisposable
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(500);

    private readonly Spool _spool;
    private readonly Distribution _distribution;
    private readonly IMembership _membership;
    private readonly DeliveryOptions _options;
    private readonly Func<SensorStatus>? _status;
    private readonly RetractionList _retractions;
    private readonly LoadShares _shares;
    private readonly LaneMover _mover;
    private readonly Wakeup _changed = new();
    private readonly ConcurrentDictionary<string, Sender> _senders = new(StringComparer.Ordinal);

    /// <exception cref="IOException">What the spool's folder holds of earlier runs cannot be read.</exception>
    public Dispatcher(
        Spool spool,
        string folder,
        Distribution distribution,
        IMembership membership,
        DeliveryOptions options,
        Func<SensorStatus>? status = null)
    {
        _spool = spool;
        _distribution = distribution;
        _membership = membership;
        _options = options;
        _status = status;
        _retractions = new RetractionList(folder);
        _shares = new LoadShares(options.Clock);
        _mover = new LaneMover(spool, _retractions, distribution);
        Share();
    }

    /// <summary>Workers, and why those that are not connected are not.</summary>
    public IReadOnlyList<(RingMember Member, bool IsUp, string? Problem)> Workers =>
        [.. _senders.Values.Select(static sender => (sender.Member, sender.Client.IsUp, sender.Client.Problem))];

    /// <summary>Runs until it is told to stop; then sends what is left until that is done or time is up.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken stopAtOnce)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await LookAsync(stopAtOnce).ConfigureAwait(false);
                await _changed.WaitAsync(s_lookEvery, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }

        foreach (var sender in _senders.Values) sender.Client.Close();
        await Task.WhenAll(_senders.Values.Select(static sender => sender.Running)).ConfigureAwait(false);
        foreach (var sender in _senders.Values) sender.Dispose();
    }

    public void Dispose() => _changed.Dispose();

    /// <summary>One look at who the workers are, and all that follows from it.</summary>
    private async Task LookAsync(CancellationToken stopAtOnce)
    {
        Share();
        var members = _membership.Members.ToDictionary(static member => member.Name, StringComparer.Ordinal);
        foreach (var sender in _senders.Values)
        {
            var isStaying = members.TryGetValue(sender.Member.Name, out var member)
                && member.Address == sender.Member.Address;
            if (sender.Client.IsUp) _mover.Returned(sender.Member.Name);
            else if (_mover.IsDue(sender.Member.Name, members.Keys)) isStaying = false;
            if (isStaying && !sender.Running.IsCompleted) continue;

            await sender.EndAsync().ConfigureAwait(false);
            _senders.TryRemove(sender.Member.Name, out _);
            if (sender.Client.HasLeft) _mover.Left(sender.Member.Name);
            sender.Dispose();
        }

        _mover.Move(members.Keys, _senders.Where(static entry => entry.Value.Client.IsUp).Select(entry => entry.Key));
        foreach (var member in members.Values)
        {
            if (_senders.ContainsKey(member.Name) || !_mover.MayConnect(member.Name)) continue;

            _senders[member.Name] = Start(member, stopAtOnce);
        }
    }

    private void Share()
    {
        var members = _membership.Members;
        if (_shares.Of(members, Weight) is { } table) _distribution.Table = table;
    }

    private int Weight(string worker) => _mover.HasLeft(worker) ? 0
        : _senders.TryGetValue(worker, out var sender) ? sender.Client.Weight : RingMember.WholeWeight;

    private Sender Start(RingMember member, CancellationToken stopAtOnce)
    {
        var outbox = new SpoolOutbox(_spool, _retractions, member.Name, _distribution.WakeupOf(member.Name));
        var client = new DeliveryClient(_options, member, outbox, _status) { Changed = _changed };
        return new Sender(member, client, outbox, stopAtOnce);
    }

    private sealed class Sender : IDisposable
    {
        private readonly CancellationTokenSource _stop;
        private readonly SpoolOutbox _outbox;

        public Sender(RingMember member, DeliveryClient client, SpoolOutbox outbox, CancellationToken stopAtOnce)
        {
            Member = member;
            Client = client;
            _outbox = outbox;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(stopAtOnce);
            Running = Task.Run(() => client.RunAsync(_stop.Token), CancellationToken.None);
        }

        public RingMember Member { get; }

        public DeliveryClient Client { get; }

        public Task Running { get; }

        public async Task EndAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await Running.ConfigureAwait(false);
        }

        public void Dispose()
        {
            _outbox.Dispose();
            _stop.Dispose();
        }
    }
}
