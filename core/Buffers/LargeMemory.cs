using System.Runtime.InteropServices;

namespace NetSniff.Buffers;

/// <summary>Native memory for tables that are visited all over: in huge pages where Linux grants them.</summary>
/// <remarks>With pages of 4 KiB nearly every flow of a million costs a walk of the page tables as well, in a virtual
/// machine through two of them. The kernel is asked (madvise); where it is deaf, nothing is lost.</remarks>
public static unsafe partial class LargeMemory
{
    public const nuint HugePageBytes = 2 << 20;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE of linux/mman.h
    private const int PopulateForWriting = 23; // MADV_POPULATE_WRITE: Linux 5.14
    private const int CollapsePages = 25; // MADV_COLLAPSE: now, and of what has small pages already; Linux 6.1

    /// <summary>On a cache line's boundary at least. Not cleared.</summary>
    /// <param name="alignment">More than that, if it has to be: a power of two.</param>
    public static void* Allocate(nuint bytes, nuint alignment = 0)
    {
        var memory = Reserve(bytes, alignment);
        UseHugePages(memory, bytes);
        return memory;
    }

    /// <summary>The same, of which no more than a part will be used at first.</summary>
    public static void* Reserve(nuint bytes, nuint alignment = 0) => NativeMemory.AlignedAlloc(
        bytes, Math.Max(alignment, bytes >= HugePageBytes ? HugePageBytes : Prefetch.LineBytes));

    /// <summary>Asks for huge pages for the beginning of what was reserved.</summary>
    public static void UseHugePages(void* memory, nuint bytes)
    {
        if (bytes >= HugePageBytes && OperatingSystem.IsLinux())
        {
            _ = Advise(memory, bytes & ~(HugePageBytes - 1), AdviseHugePages);
        }
    }

    /// <summary>Makes a huge page of the first bytes of what was reserved, which have long been in use.</summary>
    public static void JoinFirstPages(void* memory)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(memory, HugePageBytes, CollapsePages);
    }

    /// <summary>Has pages that are about to be written all over given at once: one call instead of a fault for each,
    /// which in a virtual machine can cost several microseconds.</summary>
    /// <param name="memory">On a page's boundary.</param>
    public static void Populate(void* memory, nuint bytes)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(memory, bytes, PopulateForWriting);
    }

    public static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* memory, nuint bytes, int advice);
}
