using System.Collections.Immutable;
using NetSniff.Kube;
using NetSniff.Kube.Resources;

namespace NetSniff.Operator.CaptureProfiles;

/// <param name="Generation">Of the object when its spec was accepted: the last accepted one keeps running.</param>
public sealed record AcceptedProfile(ResourceName Name, string Uid, long Generation, CaptureProfileSpec Spec);

/// <summary>What is in force of every profile: its newest spec that made sense.</summary>
/// <remarks>Any thread may read; reconcilers write.</remarks>
public sealed class AcceptedProfiles
{
    private ImmutableDictionary<ResourceName, AcceptedProfile> _all =
        ImmutableDictionary<ResourceName, AcceptedProfile>.Empty;

    private int _isComplete;

    /// <summary>One is another than before; a name of nobody when all were looked at.</summary>
    public event Action<ResourceName>? Changed;

    /// <summary>Every profile that there was when the term began has been looked at: what is not here is not wanted.
    /// </summary>
    public bool IsComplete => Volatile.Read(ref _isComplete) == 1;

    public IReadOnlyCollection<AcceptedProfile> All => [.. Volatile.Read(ref _all).Values];

    public AcceptedProfile? Find(ResourceName name) => Volatile.Read(ref _all).GetValueOrDefault(name);

    public void Put(AcceptedProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var before = Find(profile.Name);
        if (before is not null && before.Uid == profile.Uid && before.Generation == profile.Generation) return;

        ImmutableInterlocked.AddOrUpdate(ref _all, profile.Name, profile, (_, _) => profile);
        Changed?.Invoke(profile.Name);
    }

    public void Remove(ResourceName name)
    {
        if (ImmutableInterlocked.TryRemove(ref _all, name, out _)) Changed?.Invoke(name);
    }

    public void Complete()
    {
        if (Interlocked.Exchange(ref _isComplete, 1) == 0) Changed?.Invoke(default);
    }

    /// <summary>A term begins: nothing is known.</summary>
    public void Clear()
    {
        Volatile.Write(ref _isComplete, 0);
        Volatile.Write(ref _all, ImmutableDictionary<ResourceName, AcceptedProfile>.Empty);
    }
}
