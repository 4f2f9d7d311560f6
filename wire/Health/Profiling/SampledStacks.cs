using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NetSniff.Wire.Health.Profiling;

/// <summary>Counts the samples of a trace by thread and stack, and learns the names of methods.</summary>
internal sealed class SampledStacks : INettraceVisitor
{
    private const string Sampler = "Microsoft-DotNETCore-SampleProfiler";
    private const string Rundown = "Microsoft-Windows-DotNETRuntimeRundown";
    private const int MethodEndVerbose = 144;

    /// <summary>The thread ran managed code, as against waiting or being in native code.</summary>
    private const int ManagedSample = 2;

    public MethodTable Methods { get; } = new();

    public StackCounts Counts { get; } = new();

    public long Samples => Counts.Samples;

    /// <summary>Events that the runtime had no room for, and stacks that we had none for.</summary>
    public long Lost => LostEvents + Counts.Stackless;

    public long LostEvents { get; set; }

    public void Event(
        string provider, int number, long thread, ReadOnlySpan<byte> stack, ReadOnlySpan<byte> payload)
    {
        if (provider == Sampler) AddSample(thread, stack, payload);
        else if (provider == Rundown && number == MethodEndVerbose) AddMethod(payload);
    }

    private void AddSample(long thread, ReadOnlySpan<byte> stack, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4) return;

        var isManaged = BinaryPrimitives.ReadInt32LittleEndian(payload) == ManagedSample;
        Counts.Add((int)thread, MemoryMarshal.Cast<byte, ulong>(stack), isManaged);
    }

    /// <summary>MethodDCEndVerbose: id, module, start (64 bits each), size, token, flags (32 bits each), namespace,
    /// name, signature.</summary>
    private void AddMethod(ReadOnlySpan<byte> payload)
    {
        var block = new NettraceBlock(payload);
        block.Bytes(16);
        var start = block.UInt64();
        var size = (uint)block.Int32();
        block.Bytes(8);
        var space = block.Text();
        var name = block.Text();
        if (!block.RanShort) Methods.Add(start, size, space.Length == 0 ? name : $"{space}.{name}");
    }
}
