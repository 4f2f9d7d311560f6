namespace NetSniff.Wire.Ring;

/// <summary>Who the workers are, now.</summary>
public interface IMembership
{
    /// <summary>Another list whenever it changes. Any thread.</summary>
    IReadOnlyList<RingMember> Members { get; }

    /// <summary>What is wrong with the latest word; the members are those of the last good one.</summary>
    string? Problem { get; }
}

/// <summary>Members that were told once.</summary>
public sealed class FixedMembers(IReadOnlyList<RingMember> members) : IMembership
{
    public IReadOnlyList<RingMember> Members => members;

    public string? Problem => null;
}
