using NetSniff.Kube.Resources;
using NetSniff.Operator.Control;
using NetSniff.Operator.Sensors;

namespace NetSniff.Operator.CaptureProfiles;

/// <summary>Everything that a profile's status is made of.</summary>
public sealed record ProfileSight
{
    public required long Generation { get; init; }

    public required IReadOnlyList<ProfileProblem> Problems { get; init; }

    /// <summary>What is in force; null for nothing.</summary>
    public required AcceptedProfile? Accepted { get; init; }

    /// <summary>What the sensors that serve it run; null before there are any.</summary>
    public ClassPlan? Plan { get; init; }

    /// <summary>Profiles before it name so many different nodes that there is no class for its own.</summary>
    public bool IsLeft { get; init; }

    /// <summary>Nobody here knows the language of its bpfFilter.</summary>
    public bool IsFilterUnchecked { get; init; }

    /// <summary>Its sensors serve profiles of the whole cluster as well.</summary>
    public bool IsShared { get; init; }

    /// <summary>Nodes that are to have a sensor for it.</summary>
    public int Desired { get; init; }

    /// <summary>Whether <see cref="Desired"/> is of what is wanted now, not of before.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Sensors on those nodes.</summary>
    public IReadOnlyList<MemberState> Sensors { get; init; } = [];

    public int Pods { get; init; }

    public int WorkersDesired { get; init; }

    public int WorkersReady { get; init; }

    public int Programmed => Plan is null ? 0 : Sensors.Count(one => one.Revision == Plan.Revision);

    public int Ready => Sensors.Count(static one => one.IsReady);

    /// <summary>Those that read less than they were asked to.</summary>
    public IEnumerable<MemberState> Degraded => Sensors.Where(static one => one.Rung is not ("full" or ""));

    public bool IsServed => Accepted is not null && Plan?.Fitting.Any(one => one.Name == Accepted.Name) == true;

    public bool IsSuspended => Accepted?.Spec.Suspend == true;

    public HostTraffic HostTraffic => Accepted?.Spec.Targets.HostTraffic ?? HostTraffic.Exclude;
}
