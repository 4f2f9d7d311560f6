using NetSniff.Kube;

namespace NetSniff.Operator.Reconciling;

/// <summary>Makes what is into what is wanted, for one object at a time; asked again whenever either may have changed.
/// </summary>
/// <remarks>Told a name and never what happened to it: it looks for itself. Doing it twice does it once. One call at a
/// time for a name.</remarks>
public interface IReconciler
{
    /// <summary>Whose names it is asked for.</summary>
    ResourceKind Kind { get; }

    /// <summary>Called once, before the first name: other things than the object itself may make it look again.
    /// </summary>
    /// <param name="again">A name to look at soon; any thread may call, as often as it likes.</param>
    void Wire(Action<ResourceName> again)
    {
    }

    /// <summary>Called when a term begins, before the first name of it: what was remembered of an earlier one may be
    /// wrong.</summary>
    void Begin()
    {
    }

    /// <returns>When to ask again though nothing changed; null for when something does.</returns>
    /// <exception cref="Exception">Asked again after a while, each time a longer one.</exception>
    Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel);
}
