using NetSniff.Wire.V1;

namespace NetSniff.Wire.Cluster;

/// <summary>A sensor or a worker, as its line to the operator sees it.</summary>
public interface IClusterMember
{
    /// <summary>Who it is.</summary>
    ClusterHello Hello();

    /// <summary>How it is now. One call at a time.</summary>
    ClusterReport Report();

    /// <summary>What it is to run from now on. One call at a time; what it says of it is in the next report.</summary>
    void Take(ClusterPlan plan);

    /// <summary>Does one task. Ends soon when it is cancelled, by whatever it likes.</summary>
    /// <returns>Why it could not be done; null when it is.</returns>
    Task<string?> RunAsync(ClusterTask task, CancellationToken cancel);
}
