namespace NetSniff.Kube.Watching;

/// <summary>What anyone may see of a watch, whatever it keeps.</summary>
public interface IResourceWatch
{
    /// <summary>What it watches: `pods`.</summary>
    string Plural { get; }

    WatchState State { get; }

    WatchCounters Counters { get; }

    /// <summary>Objects known.</summary>
    int Count { get; }
}
