namespace NetSniff.Wire.Health.Profiling.Kernel;

/// <summary>What a thread did while it was watched.</summary>
/// <param name="KernelShare">Of its time, what it was in the kernel for; 0 where samples say that themselves.</param>
internal sealed record WatchedThread(int Id, string Name, TimeSpan Ran, double KernelShare);
