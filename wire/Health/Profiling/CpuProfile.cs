namespace NetSniff.Wire.Health.Profiling;

/// <summary>How the samples of a profile are taken.</summary>
internal enum ProfileSource
{
    /// <summary>The kernel interrupts threads while they run (perf_event_open(2)).</summary>
    Kernel,

    /// <summary>The runtime stops its threads and looks, for a small part of the time.</summary>
    Runtime,
}

/// <param name="Passed">How long was recorded.</param>
/// <param name="Cpu">What all threads ran meanwhile.</param>
/// <param name="Cost">CPU time that making it took beside the recording.</param>
internal sealed record CpuProfile(FlameNode Root, TimeSpan Passed, TimeSpan Cpu, long Samples, TimeSpan Cost)
{
    public ProfileSource Source { get; init; }

    /// <summary>Samples that were taken and never came here.</summary>
    public long Lost { get; init; }

    /// <summary>What whoever looks at it should know: why not by the other way, what is not seen.</summary>
    public string Note { get; init; } = "";

    public string SourceText => Source == ProfileSource.Kernel
        ? "taken by the kernel (perf)"
        : "taken by the runtime in bursts (event pipe)";
}
