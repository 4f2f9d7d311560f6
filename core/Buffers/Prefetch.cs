using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NetSniff.Buffers;

/// <summary>Asks for a cache line before it is needed. Does nothing where the processor offers no such wish.</summary>
/// <remarks>Packet work costs memory, not arithmetic: on a million flows each miss is about 100 ns, and a batch of
/// wishes overlaps them.</remarks>
public static unsafe class Prefetch
{
    public const int LineBytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }
}
