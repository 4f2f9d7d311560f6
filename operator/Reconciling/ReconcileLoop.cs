using NetSniff.Kube;
using NetSniff.Operator.Reconciling.Leading;

namespace NetSniff.Operator.Reconciling;

/// <summary>Gives a reconciler the names that are to be looked at, while we lead.</summary>
public sealed class ReconcileLoop(
    IReconciler reconciler, WorkQueue<ResourceName> queue, LeaderFence fence, TimeProvider clock, int workers = 2)
{
    private long _succeeded;
    private long _failed;
    private long _ticks;

    public IReconciler Reconciler => reconciler;

    public WorkQueue<ResourceName> Queue => queue;

    public long Succeeded => Interlocked.Read(ref _succeeded);

    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>In all reconciliations.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>What went wrong with which name, and when it is tried again.</summary>
    public Action<ResourceName, Exception, TimeSpan>? Troubled { get; init; }

    /// <summary>Until cancelled, which is no failure.</summary>
    public Task RunAsync(CancellationToken cancel)
    {
        reconciler.Begin();
        return Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(cancel), cancel)));
    }

    private async Task WorkAsync(CancellationToken cancel)
    {
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var name = await queue.TakeAsync(cancel).ConfigureAwait(false);
                await OneAsync(name, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The term is over.
        }
    }

    private async Task OneAsync(ResourceName name, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        try
        {
            fence.Check();
            var again = await reconciler.ReconcileAsync(name, cancel).ConfigureAwait(false);
            queue.Done(name, again);
            Interlocked.Increment(ref _succeeded);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Whoever leads next looks again.
            queue.Done(name, TimeSpan.Zero);
            throw;
        }
#pragma warning disable CA1031 // Whatever it is, one name must not end the others; it is told and tried again.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _failed);
            Troubled?.Invoke(name, problem, queue.Failed(name));
        }
        finally
        {
            Interlocked.Add(ref _ticks, clock.GetElapsedTime(began).Ticks);
        }
    }
}
