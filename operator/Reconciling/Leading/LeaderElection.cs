using System.Text.Json.Nodes;
using NetSniff.Kube;
using NetSniff.Kube.Objects;

namespace NetSniff.Operator.Reconciling.Leading;

/// <summary>How long who leads may be silent, and how often everyone looks.</summary>
public sealed record LeaseTimes
{
    /// <summary>Nobody else takes the lease before.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Who leads and could not say so for so long gives up.</summary>
    public TimeSpan RenewMax { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Between two renewals.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks of those who wait: what they see late, they take over late.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>Of several programs the one that holds a Lease leads; the others wait for it to be silent.</summary>
/// <remarks>Others' clocks are not believed: a lease runs out when it did not change for its length, by the clock of
/// who looks. The object's version guards against two who take it at once.</remarks>
/// <param name="objects">One whose writes the fence does not hold back.</param>
/// <param name="identity">Another for every run of every program.</param>
public sealed class LeaderElection(
    ObjectClient objects, ResourceName lease, string identity, LeaderFence fence, LeaseTimes times, TimeProvider clock)
{
    public static ResourceKind Kind { get; } = new("coordination.k8s.io", "v1", "leases");

    /// <summary>Those who wait for the same lease do not all ask in the same moment.</summary>
    private static readonly TimeSpan s_jitterMax = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private LeaseRecord? _seen;
    private long _seenAt;
    private string _leader = "";
    private TaskCompletionSource _freed = NewSignal();

    /// <summary>Who leads as far as is known; empty for nobody.</summary>
    public string Leader => Volatile.Read(ref _leader);

    public bool IsLeading => fence.Holds;

    /// <summary>Why the lease could not be read or written the last time; empty when it could.</summary>
    public string Problem { get; private set; } = "";

    public Action<string>? Said { get; init; }

    /// <summary>What identities of earlier runs of this very pod begin with; empty where nothing says that those have
    /// ended. A lease of theirs need not be waited for.</summary>
    public string PastPrefix { get; init; } = "";

    /// <summary>Called after each look at the lease, whatever it said.</summary>
    public Action? Looked { get; init; }

    /// <summary>How much later than it may one tries to take a lease that ran out, from 0 to 1.</summary>
    public Func<double> Chance { get; init; } = static () => 0;

    /// <summary>Whoever leads, as far as anybody here knows, has not said so when it should have, or has given the
    /// lease back: soon another may lead.</summary>
    public bool IsSilent
    {
        get
        {
            lock (_lock)
            {
                return _seen is not null && (!IsAnothers() || clock.GetElapsedTime(_seenAt) > times.Retry * 2);
            }
        }
    }

    /// <summary>The lease as somebody watches it; null when it is deleted. One who looks now and then sees a change
    /// late, and counts from then: who is told takes over that much sooner.</summary>
    /// <remarks>It may be told late, never early, so what is counted from it ends late at worst. Nothing is decided by
    /// it: before the lease is taken it is read.</remarks>
    internal void Hear(LeaseRecord? record)
    {
        if (fence.Holds) return;

        lock (_lock)
        {
            if (record is not null) See(record);
            if (record is null || !IsAnothers()) _freed.TrySetResult();
        }
    }

    /// <summary>Until cancelled, which is no failure: the lease is then given back.</summary>
    /// <param name="lead">Begins with each term; cancelled when it is over, and waited for.</param>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(lead);
        while (!cancel.IsCancellationRequested)
        {
            if (await TryTakeAsync(cancel).ConfigureAwait(false))
            {
                Said?.Invoke("leads");
                await LeadAsync(lead, cancel).ConfigureAwait(false);
                Said?.Invoke("leads no more");
            }
            else
            {
                await WaitAsync(cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task LeadAsync(Func<CancellationToken, Task> lead, CancellationToken cancel)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var leading = Task.Run(() => lead(term.Token), CancellationToken.None);
        try
        {
            await HoldAsync(leading, cancel).ConfigureAwait(false);
        }
        finally
        {
            if (!cancel.IsCancellationRequested) fence.Drop();
            await term.CancelAsync().ConfigureAwait(false);
            try
            {
                await leading.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (term.IsCancellationRequested)
            {
                // Told to end.
            }

            if (cancel.IsCancellationRequested) await GiveBackAsync().ConfigureAwait(false);
            fence.Drop();
        }
    }

    /// <summary>Renews until it fails for too long, another has the lease, or what is led ends by itself.</summary>
    private async Task HoldAsync(Task leading, CancellationToken cancel)
    {
        var renewed = clock.GetTimestamp();
        while (!cancel.IsCancellationRequested && !leading.IsCompleted)
        {
            await PauseAsync(times.Retry, cancel).ConfigureAwait(false);
            if (cancel.IsCancellationRequested) return;

            var began = clock.GetTimestamp();
            if (await TryTakeAsync(cancel).ConfigureAwait(false)) renewed = began;
            else if (IsLost() || clock.GetElapsedTime(renewed) >= times.RenewMax) return;
        }
    }

    /// <summary>One try to have the lease or to keep it.</summary>
    private async Task<bool> TryTakeAsync(CancellationToken cancel)
    {
        try
        {
            var asked = fence.Now();
            var found = await objects.FindAsync(Kind, lease, cancel).ConfigureAwait(false);
            if (found is not null && !IsFree(LeaseRecord.Of(found))) return false;

            // The time that the answer took is not the lease's: it counts from before the write.
            asked = found is null ? asked : fence.Now();
            await WriteAsync(found, cancel).ConfigureAwait(false);
            fence.Confirm(asked, times.Duration);
            Problem = "";
            return true;
        }
        catch (ApiException problem) when (problem.Code == 409)
        {
            // Another was faster; the next look says who.
            return false;
        }
        catch (Exception problem) when (problem is HttpRequestException or ApiException or ClusterException)
        {
            Problem = problem.Message;
            return false;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Looked?.Invoke();
        }
    }

    private async Task WriteAsync(JsonObject? found, CancellationToken cancel)
    {
        var now = LeaseRecord.Text(clock.GetUtcNow());
        var before = found is null ? null : LeaseRecord.Of(found);
        var isOurs = before?.Holder == identity;
        var next = new LeaseRecord(
            identity,
            times.Duration,
            isOurs ? before!.AcquiredAt : now,
            now,
            (before?.Transitions ?? 0) + (isOurs || before is null ? 0 : 1),
            "");
        var written = found is null
            ? await objects.CreateAsync(Kind, lease.Namespace, next.WriteTo(NewLease()), cancel).ConfigureAwait(false)
            : await objects.ReplaceAsync(Kind, lease, next.WriteTo(found), cancel).ConfigureAwait(false);
        lock (_lock) See(LeaseRecord.Of(written));
    }

    /// <summary>So that the next need not wait. Whoever cannot do it in a second leaves it to time.</summary>
    private async Task GiveBackAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), clock);
        try
        {
            var found = await objects.FindAsync(Kind, lease, limit.Token).ConfigureAwait(false);
            if (found is null || LeaseRecord.Of(found) is not { } held || held.Holder != identity) return;

            fence.Drop();
            var free = held with
            {
                Holder = "", Duration = TimeSpan.FromSeconds(1), RenewedAt = LeaseRecord.Text(clock.GetUtcNow()),
            };
            await objects.ReplaceAsync(Kind, lease, free.WriteTo(found), limit.Token).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is HttpRequestException or ApiException or ClusterException
            or OperationCanceledException)
        {
            Problem = problem.Message;
        }
    }

    private JsonObject NewLease() => new()
    {
        ["metadata"] = new JsonObject { ["name"] = lease.Name, ["namespace"] = lease.Namespace },
    };

    private void See(LeaseRecord record)
    {
        Volatile.Write(ref _leader, record.Holder);
        if (_seen is { } before && before == record) return;

        (_seen, _seenAt) = (record, clock.GetTimestamp());
    }

    private bool IsAnothers() => _seen is { Holder.Length: > 0 } seen && seen.Holder != identity
        && !(PastPrefix.Length > 0 && seen.Holder.StartsWith(PastPrefix, StringComparison.Ordinal));

    private bool IsLost()
    {
        lock (_lock) return IsAnothers();
    }

    /// <summary>In one step: what is heard meanwhile may be of before.</summary>
    private bool IsFree(LeaseRecord record)
    {
        lock (_lock)
        {
            See(record);
            return !IsAnothers() || clock.GetElapsedTime(_seenAt) >= _seen!.Duration;
        }
    }

    /// <summary>Until the next look, the moment that the lease runs out, or somebody says that it is free.</summary>
    private async Task WaitAsync(CancellationToken cancel)
    {
        Task freed;
        TimeSpan wait;
        lock (_lock)
        {
            if (_freed.Task.IsCompleted) _freed = NewSignal();
            (freed, wait) = (_freed.Task, times.Look);
            if (IsAnothers())
            {
                var left = _seen!.Duration - clock.GetElapsedTime(_seenAt);
                if (left > TimeSpan.Zero && left < times.Look) wait = left + s_jitterMax * Chance();
            }
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(freed, PauseAsync(wait, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task PauseAsync(TimeSpan length, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(length, clock, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Whoever waits looks.
        }
    }
}
