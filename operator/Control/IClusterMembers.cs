namespace NetSniff.Operator.Control;

/// <summary>The sensors and workers that are connected, as reconcilers see them.</summary>
public interface IClusterMembers
{
    /// <summary>As last heard, with those that went silent a moment ago.</summary>
    IReadOnlyList<MemberState> Members(MemberKind kind);

    /// <summary>What members are to run from now on; sent at once to those that are connected and to others as they
    /// come.</summary>
    /// <param name="scope">A sensor's class; empty for workers.</param>
    /// <param name="ofNode">What differs by node: from the common plan and the node's name to the node's own.</param>
    /// <returns>False where it is more than a member takes: those who are there go on with the one before.</returns>
    bool SetPlan(MemberKind kind, string scope, MemberPlan plan, Func<MemberPlan, string, MemberPlan>? ofNode = null);

    /// <summary>That the plan of one node is to be made anew: its pods changed.</summary>
    void Touch(string node);

    /// <summary>Nobody of this class is to run any more: what sensors keep on disk is deleted.</summary>
    /// <returns>Nodes that did.</returns>
    Task<IReadOnlyList<string>> PurgeAsync(string scope, TimeSpan deadline, CancellationToken cancel);

    /// <summary>Something that reconcilers look at is other than before; may be called often.</summary>
    event Action<MemberKind>? Changed;

    /// <summary>What findings asked for since the last call, at most <paramref name="most"/>.</summary>
    IReadOnlyList<FindingNotice> TakeFindings(int most);
}
