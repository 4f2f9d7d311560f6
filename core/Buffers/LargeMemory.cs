using System.Runtime.InteropServices;

namespace NetSniff.Buffers;

/// <summary>Native memory for tables that are visited all over: in huge pages where Linux grants them.</summary>
/// <remarks>With pages of 4 KiB nearly every flow of a million costs a walk of the page tables as well, in a virtual
/// machine through two of them. The kernel is asked (madvise); where it is deaf, nothing is lost.</remarks>
internal static unsafe partial class LargeMemory
{
    private const nuint HugePageBytes = 2 << 20;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE of linux/mman.h

    /// <summary>On a cache line's boundary at least. Not cleared.</summary>
    public static void* Allocate(nuint bytes)
    {
        var isLarge = bytes >= HugePageBytes && OperatingSystem.IsLinux();
        var memory = NativeMemory.AlignedAlloc(bytes, isLarge ? HugePageBytes : Prefetch.LineBytes);
        if (isLarge) _ = Advise(memory, bytes & ~(HugePageBytes - 1), AdviseHugePages);
        return memory;
    }

    public static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* memory, nuint bytes, int advice);
}
