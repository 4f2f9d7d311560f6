using NetSniff.Wire.Ring;

namespace NetSniff.Sensor.Export;

/// <summary>Makes the table anew when members change, and when their load has changed enough for long enough.</summary>
internal sealed class LoadShares(TimeProvider clock)
{
    /// <summary>Weights nearer than this to those in use change nothing.</summary>
    private const int WeightStep = 15;

    /// <summary>No new table for weights sooner than this.</summary>
    private static readonly TimeSpan s_restMin = TimeSpan.FromSeconds(5);

    /// <summary>A worker that takes nothing for a while keeps a little, or nobody would learn that it does again.
    /// </summary>
    private const int WeightMin = 5;

    private List<RingMember> _members = [];
    private long _madeAt;

    /// <returns>Null when the last one stands.</returns>
    public RingTable? Of(IReadOnlyList<RingMember> members, Func<string, int> weightOf)
    {
        List<RingMember> weighed = [.. members.Select(member => member with { Weight = Told(weightOf(member.Name)) })];
        if (weighed.Count == 0 && _members.Count == 0) return null;
        if (IsSame(weighed) && (!IsFar(weighed) || clock.GetElapsedTime(_madeAt) < s_restMin)) return null;

        _members = weighed;
        _madeAt = clock.GetTimestamp();
        return RingTable.Of(weighed);
    }

    // One that has left, 0, gets nothing.
    private static int Told(int weight) => weight == 0 ? 0 : Math.Clamp(weight, WeightMin, RingMember.WholeWeight);

    private bool IsSame(List<RingMember> members) => members.Count == _members.Count && members
        .Zip(_members).All(static pair =>
            pair.First with { Weight = 0 } == pair.Second with { Weight = 0 }
            && pair.First.Weight == 0 == (pair.Second.Weight == 0));

    private bool IsFar(List<RingMember> members) => members
        .Zip(_members).Any(static pair => Math.Abs(pair.First.Weight - pair.Second.Weight) >= WeightStep);
}
