using System.Buffers.Binary;

namespace NetSniff.Filters.Bpf;

public sealed partial class BpfProgram
{
    private const int SourceX = 0x08; // of a comparison or sum: the index register, not the constant
    private const int ModeIndirect = 0x40;

    /// <summary>Runs over a frame.</summary>
    /// <param name="packet">The captured bytes, from the link header on.</param>
    /// <param name="wireLength">What a load of the length gives.</param>
    /// <returns>Bytes to keep; 0 also for a load beyond the frame and a division by zero, as in the kernel.</returns>
    public uint Run(ReadOnlySpan<byte> packet, int wireLength)
    {
        Span<uint> memory = stackalloc uint[MemoryWords];
        memory.Clear();
        ReadOnlySpan<BpfInstruction> instructions = _instructions;
        var (accumulator, x) = (0u, 0u);
        for (var index = 0; index < instructions.Length; index++)
        {
            ref readonly var instruction = ref instructions[index];
            var k = instruction.K;
            var right = (instruction.Code & SourceX) != 0 ? x : k;
            switch (instruction.Code)
            {
                case BpfCode.LoadHalfAbsolute or BpfCode.LoadHalfIndirect:
                    if (!TryLoadHalf(packet, OffsetOf(in instruction, x), out accumulator)) return 0;
                    break;
                case BpfCode.LoadByteAbsolute or BpfCode.LoadByteIndirect:
                    if (!TryLoadByte(packet, OffsetOf(in instruction, x), out accumulator)) return 0;
                    break;
                case BpfCode.LoadWordAbsolute or BpfCode.LoadWordIndirect:
                    if (!TryLoadWord(packet, OffsetOf(in instruction, x), out accumulator)) return 0;
                    break;
                case BpfCode.LoadXHeaderLength:
                    if (!TryLoadByte(packet, k, out x)) return 0;
                    x = (x & 0xF) * 4;
                    break;
                case BpfCode.LoadConstant: accumulator = k; break;
                case BpfCode.LoadMemory: accumulator = memory[(int)k]; break;
                case BpfCode.LoadLength: accumulator = (uint)wireLength; break;
                case BpfCode.LoadXConstant: x = k; break;
                case BpfCode.LoadXMemory: x = memory[(int)k]; break;
                case BpfCode.LoadXLength: x = (uint)wireLength; break;
                case BpfCode.Store: memory[(int)k] = accumulator; break;
                case BpfCode.StoreX: memory[(int)k] = x; break;
                case BpfCode.CopyToX: x = accumulator; break;
                case BpfCode.CopyFromX: accumulator = x; break;
                case BpfCode.Jump: index += (int)k; break;
                case BpfCode.JumpEqual or BpfCode.JumpEqualX:
                    index += Step(in instruction, accumulator == right);
                    break;
                case BpfCode.JumpGreater or BpfCode.JumpGreaterX:
                    index += Step(in instruction, accumulator > right);
                    break;
                case BpfCode.JumpAtLeast or BpfCode.JumpAtLeastX:
                    index += Step(in instruction, accumulator >= right);
                    break;
                case BpfCode.JumpAnySet or BpfCode.JumpAnySetX:
                    index += Step(in instruction, (accumulator & right) != 0);
                    break;
                case BpfCode.ReturnConstant: return k;
                case BpfCode.ReturnAccumulator: return accumulator;
                default:
                    if (!TryCompute(instruction.Code, right, ref accumulator)) return 0;
                    break;
            }
        }

        return 0;
    }

    private static int Step(in BpfInstruction instruction, bool holds) =>
        holds ? instruction.JumpTrue : instruction.JumpFalse;

    private static ulong OffsetOf(in BpfInstruction instruction, uint x) =>
        (instruction.Code & ModeIndirect) != 0 ? (ulong)instruction.K + x : instruction.K;

    private static bool TryLoadByte(ReadOnlySpan<byte> packet, ulong offset, out uint value)
    {
        value = 0;
        if (offset >= (uint)packet.Length) return false;

        value = packet[(int)offset];
        return true;
    }

    private static bool TryLoadHalf(ReadOnlySpan<byte> packet, ulong offset, out uint value)
    {
        value = 0;
        if (offset + 2 > (uint)packet.Length) return false;

        value = BinaryPrimitives.ReadUInt16BigEndian(packet[(int)offset..]);
        return true;
    }

    private static bool TryLoadWord(ReadOnlySpan<byte> packet, ulong offset, out uint value)
    {
        value = 0;
        if (offset + 4 > (uint)packet.Length) return false;

        value = BinaryPrimitives.ReadUInt32BigEndian(packet[(int)offset..]);
        return true;
    }

    private static bool TryCompute(ushort code, uint right, ref uint accumulator)
    {
        switch (code & ~SourceX)
        {
            case BpfCode.AddConstant: accumulator += right; return true;
            case BpfCode.SubtractConstant: accumulator -= right; return true;
            case BpfCode.MultiplyConstant: accumulator *= right; return true;
            case BpfCode.AndConstant: accumulator &= right; return true;
            case BpfCode.OrConstant: accumulator |= right; return true;
            case BpfCode.XorConstant: accumulator ^= right; return true;
            case BpfCode.Negate: accumulator = 0 - accumulator; return true;

            // A shift by the width or more leaves nothing, as in libpcap's interpreter; the machine's would wrap.
            case BpfCode.ShiftLeftConstant: accumulator = right < 32 ? accumulator << (int)right : 0; return true;
            case BpfCode.ShiftRightConstant: accumulator = right < 32 ? accumulator >> (int)right : 0; return true;
        }

        if (right == 0) return false;

        var isDivision = (code & ~SourceX) == BpfCode.DivideConstant;
        accumulator = isDivision ? accumulator / right : accumulator % right;
        return true;
    }
}
