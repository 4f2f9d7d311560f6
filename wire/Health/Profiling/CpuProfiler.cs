using Microsoft.Diagnostics.NETCore.Client;
using NetSniff.Wire.Health.Profiling.Kernel;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>Records where this process spends its CPU time, one recording at a time.</summary>
internal sealed class CpuProfiler : IDisposable
{
    public const int SecondsDefault = 10;
    public const int SecondsMax = 60;

    private readonly SemaphoreSlim _one = new(1);

    public void Dispose() => _one.Dispose();

    /// <param name="source">By which way; null for the kernel's samples, or the runtime's where the kernel gives none.
    /// </param>
    /// <returns>The profile, or null while another is being recorded.</returns>
    /// <exception cref="ServerNotAvailableException">The runtime was told not to be looked at
    /// (DOTNET_EnableDiagnostics=0).</exception>
    /// <exception cref="NotSupportedException">The kernel was asked for, and gives no samples.</exception>
    public async Task<CpuProfile?> RecordAsync(TimeSpan length, ProfileSource? source, CancellationToken cancel)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, cancel).ConfigureAwait(false)) return null;

        try
        {
            return await RecordAloneAsync(length, source, cancel).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<CpuProfile> RecordAloneAsync(
        TimeSpan length, ProfileSource? source, CancellationToken cancel)
    {
        var note = "";
        if (source != ProfileSource.Runtime)
        {
            using var sampler = KernelSampler.TryMake(out var why);
            if (sampler is not null) return await sampler.RecordAsync(length, cancel).ConfigureAwait(false);
            if (source == ProfileSource.Kernel) throw new NotSupportedException(why);
            note = why;
        }

        var profile = await RuntimeSampler.RecordAsync(length, cancel).ConfigureAwait(false);
        return profile with { Note = note };
    }
}
