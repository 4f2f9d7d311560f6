using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Buffers;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes at a time with the processor's own instruction
/// where it has one.</summary>
public static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        ref var first = ref MemoryMarshal.GetReference(bytes);
        var position = 0;
        for (; position + 8 <= bytes.Length; position += 8)
        {
            crc = BitOperations.Crc32C(crc, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, position)));
        }

        for (; position < bytes.Length; position++) crc = BitOperations.Crc32C(crc, bytes[position]);
        return ~crc;
    }
}
