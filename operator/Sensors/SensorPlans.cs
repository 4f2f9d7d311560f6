using NetSniff.Kube;
using NetSniff.Operator.CaptureProfiles;

namespace NetSniff.Operator.Sensors;

/// <summary>What the sensors of a class are to run.</summary>
/// <param name="Fitting">Profiles that are served; those that would make a plan no sensor takes are not.</param>
public sealed record ClassPlan(
    PlacementClass Class, string Revision, long Sequence, IReadOnlyList<AcceptedProfile> Fitting)
{
    /// <summary>Why each of the others is not.</summary>
    public IReadOnlyDictionary<ResourceName, string> Unfit { get; init; } = new Dictionary<ResourceName, string>();
}

/// <summary>The plans of all classes, for whoever tells of them. Any thread may read; one writes.</summary>
public sealed class SensorPlans
{
    private IReadOnlyList<ClassPlan> _all = [];
    private IReadOnlyList<string> _retiring = [];
    private IReadOnlyList<AcceptedProfile> _left = [];

    public event Action? Changed;

    public IReadOnlyList<ClassPlan> All => Volatile.Read(ref _all);

    /// <summary>Classes that are being taken down.</summary>
    public IReadOnlyList<string> Retiring => Volatile.Read(ref _retiring);

    /// <summary>Whether there was no class left for a profile's nodes.</summary>
    public bool IsLeft(AcceptedProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return Volatile.Read(ref _left).Any(one => one.Name == profile.Name);
    }

    /// <summary>One of those that serve it: what they say of profiles is the same for all.</summary>
    public ClassPlan? Of(AcceptedProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return All.FirstOrDefault(plan => plan.Class.Serves.Any(one => one.Name == profile.Name));
    }

    internal void Publish(
        IReadOnlyList<ClassPlan> all, IReadOnlyList<string> retiring, IReadOnlyList<AcceptedProfile> left)
    {
        var isSame = all.Select(static one => (one.Class.Name, one.Sequence, one.Revision))
            .SequenceEqual(All.Select(static one => (one.Class.Name, one.Sequence, one.Revision)))
            && retiring.SequenceEqual(Retiring) && left.SequenceEqual(_left);
        Volatile.Write(ref _all, all);
        Volatile.Write(ref _retiring, retiring);
        Volatile.Write(ref _left, left);
        if (!isSame) Changed?.Invoke();
    }
}
