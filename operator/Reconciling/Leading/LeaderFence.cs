namespace NetSniff.Operator.Reconciling.Leading;

/// <summary>A write was about to go out and nobody can say that we still lead.</summary>
public sealed class FencedException() : Exception("leadership is not confirmed: nothing is written");

/// <summary>Knows until when the lease surely is ours: counted from before the request that renewed it was sent, so
/// that whoever waits for it to run out waits longer.</summary>
/// <remarks>A process that was stopped for a while finds it closed, whatever it was about to do. Two clocks are asked:
/// one stands still while a machine sleeps, the other may be set.</remarks>
public sealed class LeaderFence(TimeProvider clock)
{
    /// <summary>For a request that is on its way when the time is over.</summary>
    private static readonly TimeSpan s_margin = TimeSpan.FromMilliseconds(500);

    private Term? _term;

    public bool Holds => Volatile.Read(ref _term) is { } term
        && clock.GetElapsedTime(term.Began) < term.Length
        && clock.GetUtcNow() - term.BeganAt is var passed && passed < term.Length && passed > -term.Length;

    /// <exception cref="FencedException">It does not hold.</exception>
    public void Check()
    {
        if (!Holds) throw new FencedException();
    }

    /// <summary>What the moment is called that <see cref="Confirm"/> counts from.</summary>
    public Moment Now() => new(clock.GetTimestamp(), clock.GetUtcNow());

    /// <param name="asked">Before the request was sent.</param>
    public void Confirm(Moment asked, TimeSpan lease) =>
        Volatile.Write(ref _term, new Term(asked.Ticks, asked.Time, lease - s_margin));

    public void Drop() => Volatile.Write(ref _term, null);

    public readonly record struct Moment(long Ticks, DateTimeOffset Time);

    private sealed record Term(long Began, DateTimeOffset BeganAt, TimeSpan Length);
}
