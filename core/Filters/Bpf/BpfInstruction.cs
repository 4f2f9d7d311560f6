using System.Runtime.InteropServices;

namespace NetSniff.Filters.Bpf;

/// <summary>One classic BPF instruction, laid out as the kernel and libpcap take it (struct sock_filter).</summary>
/// <param name="Code">Class, size, mode and operation, of <see cref="BpfCode"/>.</param>
/// <param name="JumpTrue">Instructions to step over when a comparison holds.</param>
/// <param name="JumpFalse">And when it does not.</param>
/// <param name="K">Constant, offset, memory word or jump length.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BpfInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K)
{
    public const int Size = 8;
}

/// <summary>The codes of classic BPF: McCanne and Jacobson 1993; MOD and XOR as Linux 3.7 added them.</summary>
public static class BpfCode
{
    public const ushort
        LoadWordAbsolute = 0x20, LoadHalfAbsolute = 0x28, LoadByteAbsolute = 0x30,
        LoadWordIndirect = 0x40, LoadHalfIndirect = 0x48, LoadByteIndirect = 0x50,
        LoadConstant = 0x00, LoadMemory = 0x60, LoadLength = 0x80,
        LoadXConstant = 0x01, LoadXMemory = 0x61, LoadXLength = 0x81, LoadXHeaderLength = 0xB1,
        Store = 0x02, StoreX = 0x03,
        AddConstant = 0x04, AddX = 0x0C, SubtractConstant = 0x14, SubtractX = 0x1C,
        MultiplyConstant = 0x24, MultiplyX = 0x2C, DivideConstant = 0x34, DivideX = 0x3C,
        OrConstant = 0x44, OrX = 0x4C, AndConstant = 0x54, AndX = 0x5C,
        ShiftLeftConstant = 0x64, ShiftLeftX = 0x6C, ShiftRightConstant = 0x74, ShiftRightX = 0x7C,
        Negate = 0x84, ModuloConstant = 0x94, ModuloX = 0x9C, XorConstant = 0xA4, XorX = 0xAC,
        Jump = 0x05, JumpEqual = 0x15, JumpEqualX = 0x1D, JumpGreater = 0x25, JumpGreaterX = 0x2D,
        JumpAtLeast = 0x35, JumpAtLeastX = 0x3D, JumpAnySet = 0x45, JumpAnySetX = 0x4D,
        ReturnConstant = 0x06, ReturnAccumulator = 0x16,
        CopyToX = 0x07, CopyFromX = 0x87;

    internal const int ClassMask = 7, ClassJump = 5, ClassReturn = 6;
}
