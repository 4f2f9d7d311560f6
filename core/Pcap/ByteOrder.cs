using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace NetSniff.Pcap;

/// <summary>Which way round a file's numbers are, as a type: each reading loop is compiled once for either.</summary>
internal unsafe interface IByteOrder
{
    static abstract ushort UInt16(byte* field);

    static abstract uint UInt32(byte* field);

    /// <summary>Two that follow one another, the first in the lower half.</summary>
    static abstract ulong UInt32Pair(byte* fields);
}

/// <summary>Written by a machine like this one.</summary>
internal readonly unsafe struct SameOrder : IByteOrder
{
    public static ushort UInt16(byte* field) => Unsafe.ReadUnaligned<ushort>(field);

    public static uint UInt32(byte* field) => Unsafe.ReadUnaligned<uint>(field);

    public static ulong UInt32Pair(byte* fields) => Unsafe.ReadUnaligned<ulong>(fields);
}

internal readonly unsafe struct SwappedOrder : IByteOrder
{
    public static ushort UInt16(byte* field) =>
        BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(field));

    public static uint UInt32(byte* field) =>
        BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(field));

    public static ulong UInt32Pair(byte* fields) => BitOperations.RotateLeft(
        BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(fields)), 32);
}
