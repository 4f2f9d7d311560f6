using System.Globalization;

namespace NetSniff.Filters.Bpf;

/// <summary>A classic BPF program that is known to end: jumps lead forward, inside, and to a return.</summary>
/// <remarks>What it returns is how many bytes of the frame to keep; 0 is "not this one".</remarks>
public sealed partial class BpfProgram
{
    /// <summary>The kernel's own bound (BPF_MAXINSNS).</summary>
    public const int InstructionsMax = 4096;

    /// <summary>Words of scratch memory (BPF_MEMWORDS).</summary>
    public const int MemoryWords = 16;

    private readonly BpfInstruction[] _instructions;

    private BpfProgram(BpfInstruction[] instructions) => _instructions = instructions;

    public ReadOnlySpan<BpfInstruction> Instructions => _instructions;

    /// <summary>Checks the instructions.</summary>
    /// <param name="problem">What is wrong with which instruction, or empty.</param>
    public static bool TryCreate(
        ReadOnlySpan<BpfInstruction> instructions, out BpfProgram? program, out string problem)
    {
        program = null;
        problem = Check(instructions);
        if (problem.Length > 0) return false;

        program = new BpfProgram(instructions.ToArray());
        return true;
    }

    /// <summary>The same program, keeping no more than so many bytes of what it accepts.</summary>
    public BpfProgram Cut(int snapLengthMax)
    {
        var cut = new BpfInstruction[_instructions.Length];
        for (var index = 0; index < cut.Length; index++)
        {
            var instruction = _instructions[index];
            cut[index] = instruction.Code == BpfCode.ReturnConstant
                ? instruction with { K = Math.Min(instruction.K, (uint)snapLengthMax) }
                : instruction;
        }

        return new BpfProgram(cut);
    }

    private static string Check(ReadOnlySpan<BpfInstruction> instructions)
    {
        if (instructions.IsEmpty) return "the program has no instructions";
        if (instructions.Length > InstructionsMax)
        {
            return Say($"the program has {instructions.Length} instructions; {InstructionsMax} is the most");
        }

        for (var index = 0; index < instructions.Length; index++)
        {
            var fault = Check(instructions[index], instructions.Length - index - 1);
            if (fault.Length > 0) return Say($"instruction {index}: {fault}");
        }

        return (instructions[^1].Code & BpfCode.ClassMask) == BpfCode.ClassReturn
            ? ""
            : "the last instruction is no return";
    }

    /// <param name="behind">Instructions after this one.</param>
    private static string Check(BpfInstruction instruction, int behind)
    {
        switch (instruction.Code)
        {
            case BpfCode.LoadMemory or BpfCode.LoadXMemory or BpfCode.Store or BpfCode.StoreX:
                return instruction.K < MemoryWords ? "" : Say($"memory word {instruction.K} of {MemoryWords}");
            case BpfCode.DivideConstant or BpfCode.ModuloConstant:
                return instruction.K != 0 ? "" : "division by zero";
            case BpfCode.Jump:
                return instruction.K < (uint)behind ? "" : "a jump out of the program";
            case BpfCode.JumpEqual or BpfCode.JumpEqualX or BpfCode.JumpGreater or BpfCode.JumpGreaterX or
                BpfCode.JumpAtLeast or BpfCode.JumpAtLeastX or BpfCode.JumpAnySet or BpfCode.JumpAnySetX:
                return Math.Max(instruction.JumpTrue, instruction.JumpFalse) < behind
                    ? ""
                    : "a jump out of the program";
            default:
                return IsKnown(instruction.Code) ? "" : Say($"unknown code 0x{instruction.Code:x2}");
        }
    }

    private static bool IsKnown(ushort code) => code is
        BpfCode.LoadWordAbsolute or BpfCode.LoadHalfAbsolute or BpfCode.LoadByteAbsolute or
        BpfCode.LoadWordIndirect or BpfCode.LoadHalfIndirect or BpfCode.LoadByteIndirect or
        BpfCode.LoadConstant or BpfCode.LoadLength or
        BpfCode.LoadXConstant or BpfCode.LoadXLength or BpfCode.LoadXHeaderLength or
        BpfCode.AddConstant or BpfCode.AddX or BpfCode.SubtractConstant or BpfCode.SubtractX or
        BpfCode.MultiplyConstant or BpfCode.MultiplyX or BpfCode.DivideX or BpfCode.ModuloX or
        BpfCode.OrConstant or BpfCode.OrX or BpfCode.AndConstant or BpfCode.AndX or
        BpfCode.XorConstant or BpfCode.XorX or BpfCode.ShiftLeftConstant or BpfCode.ShiftLeftX or
        BpfCode.ShiftRightConstant or BpfCode.ShiftRightX or BpfCode.Negate or
        BpfCode.ReturnConstant or BpfCode.ReturnAccumulator or BpfCode.CopyToX or BpfCode.CopyFromX;

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
