using System.ComponentModel;
using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Fuzz.Captures;

/// <summary>Memory for frames, each ending where a page begins that may not be touched: a decoder that reads one byte
/// too far does not go unnoticed.</summary>
internal sealed unsafe partial class GuardedSlots : IDisposable
{
    public const int SlotBytes = 264 << 10; // the longest frame of a capture file, in pages

    private const int PageBytes = 4096;
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS

    private readonly byte* _start;
    private readonly nuint _length;

    public GuardedSlots(int count)
    {
        Count = count;
        _length = (nuint)count * (SlotBytes + PageBytes);
        if (OperatingSystem.IsLinux())
        {
            _start = (byte*)Map(0, _length, ReadWrite, PrivateAnonymous, -1, 0);
            if ((nint)_start == -1) throw new Win32Exception();
            for (var slot = 0; slot < count; slot++)
            {
                if (Protect((nint)End(slot), PageBytes, 0) != 0) throw new Win32Exception();
            }
        }
        else
        {
            _start = (byte*)NativeMemory.AlignedAlloc(_length, PageBytes);
        }
    }

    public int Count { get; }

    /// <summary>Puts a frame at the end of a slot.</summary>
    public Frame Place(int slot, CapturedFrame frame)
    {
        var data = Place(slot, frame.Bytes);
        return new Frame(
            data, frame.Bytes.Length, Math.Max(frame.WireLength, frame.Bytes.Length), frame.TimeNanos, frame.LinkType,
            frame.Interface);
    }

    public nint Place(int slot, ReadOnlySpan<byte> bytes)
    {
        var data = End(slot) - bytes.Length;
        bytes.CopyTo(new Span<byte>(data, bytes.Length));
        return (nint)data;
    }

    public void Dispose()
    {
        if (OperatingSystem.IsLinux()) _ = Unmap((nint)_start, _length);
        else NativeMemory.AlignedFree(_start);
    }

    private byte* End(int slot) => _start + ((long)slot * (SlotBytes + PageBytes)) + SlotBytes;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
