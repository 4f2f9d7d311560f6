using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Protocols.Dns;

/// <summary>IPv4 addresses as text: most answers are these.</summary>
internal static class Quads
{
    public const int Octets = 4;

    /// <summary>Room for the longest, and for the last number being written as wide as all are.</summary>
    public const int TextBytesMax = 16;

    /// <summary>Every octet's digits with a dot behind, from the lowest byte up.</summary>
    private static readonly uint[] s_digits = Build();

    /// <param name="octets">Four.</param>
    /// <param name="text">Room of at least <see cref="TextBytesMax"/> bytes, all of which may be written.</param>
    /// <returns>Bytes of text.</returns>
    public static int Write(ReadOnlySpan<byte> octets, Span<byte> text)
    {
        var address = BinaryPrimitives.ReadUInt32LittleEndian(octets);
        ref var to = ref MemoryMarshal.GetReference(text[..TextBytesMax]);
        var at = Put(ref to, 0, (byte)address);
        at = Put(ref to, at, (byte)(address >> 8));
        at = Put(ref to, at, (byte)(address >> 16));
        return Put(ref to, at, (byte)(address >> 24)) - 1;
    }

    /// <returns>Where the next number goes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Put(ref byte text, int at, byte octet)
    {
        var digits = s_digits[octet];
        BinaryPrimitives.WriteUInt32LittleEndian(
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref text, at), sizeof(uint)), digits);
        return at + 2 + (octet >= 10 ? 1 : 0) + (octet >= 100 ? 1 : 0);
    }

    private static uint[] Build()
    {
        var digits = new uint[256];
        for (var octet = 0; octet < digits.Length; octet++)
        {
            var text = 0u;
            var bits = 0;
            for (var divisor = octet >= 100 ? 100 : octet >= 10 ? 10 : 1; divisor > 0; divisor /= 10)
            {
                text |= (uint)('0' + octet / divisor % 10) << bits;
                bits += 8;
            }

            digits[octet] = text | (uint)'.' << bits;
        }

        return digits;
    }
}
