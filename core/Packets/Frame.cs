using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;

namespace NetSniff.Packets;

/// <summary>One frame as captured, borrowed: the bytes belong to the ring or the mapped file and are gone when the
/// batch has been run.</summary>
/// <param name="Data">First captured byte; must stay put until the batch is released.</param>
/// <param name="CapturedLength">Bytes at <paramref name="Data"/>.</param>
/// <param name="WireLength">Bytes the frame had on the wire, never less than captured.</param>
/// <param name="TimeNanos">Nanoseconds since 1970 UTC, from the kernel or the file.</param>
/// <param name="StrippedVlan">Priority and id of the outer VLAN tag, where the card or the kernel took it out.</param>
/// <param name="StrippedVlanType">The type that tag had; 0 where it is not known or there was none.</param>
/// <remarks>Four words, in this order: <see cref="Put"/> writes it so, and the first two are a packet's as well.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe readonly record struct Frame(
    nint Data,
    int CapturedLength,
    int WireLength,
    long TimeNanos,
    LinkType LinkType,
    ushort Interface = 0,
    ushort StrippedVlan = 0,
    ushort StrippedVlanType = 0)
{
    internal const int Size = 32;

    /// <summary>Whether a tag was taken out. One that only gives a priority may be all zero.</summary>
    public bool HasStrippedTag => (StrippedVlan | StrippedVlanType) != 0;

    public ReadOnlySpan<byte> Bytes => new((void*)Data, CapturedLength);

    public byte* Pointer => (byte*)Data;

    /// <summary>Fills a place of an array, word by word.</summary>
    /// <param name="lengths">Captured in the lower half, on the wire in the upper.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Put(ref Frame place, byte* data, ulong lengths, long timeNanos, LinkType linkType)
    {
        ref var words = ref Unsafe.As<Frame, ulong>(ref place);
        words = (ulong)data;
        Unsafe.Add(ref words, 1) = lengths;
        Unsafe.Add(ref words, 2) = (ulong)timeNanos;
        Unsafe.Add(ref words, 3) = (ulong)linkType;
    }

    /// <summary>Wishes for the addresses and ports of a frame that is not looked at yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchEnds()
    {
        const int AddressesOffset = 30; // the target's, on Ethernet
        Prefetch.Read(Pointer + AddressesOffset);
    }

    /// <summary>By hand: what would be made of it shows a pointer, which no compiler of native programs can do.
    /// </summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(
            CultureInfo.InvariantCulture, $"{LinkType}, {CapturedLength} of {WireLength} bytes at {TimeNanos}");
        return true;
    }
}
