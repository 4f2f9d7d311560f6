using System.Runtime.InteropServices;
using NetSniff.Filters.Bpf;
using NetSniff.Fuzz.Fuzzing;

namespace NetSniff.Fuzz.Targets;

/// <summary>The BPF machine: any instructions, any packet. What passes the check must run to an end.</summary>
/// <remarks>The first part is the program, eight bytes an instruction; the second the packet.</remarks>
internal sealed class BpfTarget : FuzzTarget
{
    // `tcp port 80` as tcpdump compiles it, by hand: both families, options skipped, fragments left out.
    private static readonly BpfInstruction[] s_program =
    [
        new(BpfCode.LoadHalfAbsolute, 0, 0, 12),
        new(BpfCode.JumpEqual, 0, 5, 0x86DD),
        new(BpfCode.LoadByteAbsolute, 0, 0, 20),
        new(BpfCode.JumpEqual, 0, 9, 6),
        new(BpfCode.LoadHalfAbsolute, 0, 0, 54),
        new(BpfCode.JumpEqual, 6, 0, 80),
        new(BpfCode.ReturnConstant, 0, 0, 0),
        new(BpfCode.LoadXHeaderLength, 0, 0, 14),
        new(BpfCode.LoadHalfIndirect, 0, 0, 16),
        new(BpfCode.AndConstant, 0, 0, 0xFFFF),
        new(BpfCode.JumpEqual, 1, 0, 80),
        new(BpfCode.DivideX, 0, 0, 0),
        new(BpfCode.ReturnConstant, 0, 0, 262144),
        new(BpfCode.ReturnConstant, 0, 0, 0),
    ];

    private static readonly ushort[] s_codes =
    [
        .. typeof(BpfCode).GetFields().Where(field => field.IsLiteral && field.FieldType == typeof(ushort))
            .Select(field => (ushort)field.GetRawConstantValue()!),
    ];

    public override string Name => "bpf";

    public override int PartsMax => 2;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => library.Captures
        .Where(capture => capture.Frames.Count > 0)
        .Take(20)
        .Select(capture =>
            new FuzzInput([MemoryMarshal.AsBytes<BpfInstruction>(s_program).ToArray(), capture.Frames[0].Bytes]));

    public override bool TryMutate(ref byte[] part, Random random)
    {
        var count = part.Length / BpfInstruction.Size;
        if (count == 0) return false;

        // Another operation: chance alone seldom hits one that there is.
        var code = s_codes[random.Next(s_codes.Length)];
        MemoryMarshal.Write(part.AsSpan(random.Next(count) * BpfInstruction.Size), in code);
        return true;
    }

    public override void Run(FuzzInput input, Novelty novelty)
    {
        if (input.Parts.Count == 0) return;

        var bytes = input.Parts[0];
        var instructions = MemoryMarshal.Cast<byte, BpfInstruction>(
            bytes.AsSpan(0, bytes.Length / BpfInstruction.Size * BpfInstruction.Size));
        if (!BpfProgram.TryCreate(instructions, out var program, out var problem))
        {
            novelty.Note(1, problem.Length);
            return;
        }

        var packet = input.Parts.Count > 1 ? input.Parts[1] : [];
        var kept = program!.Run(packet, packet.Length);
        _ = program.Cut(64).Run(packet, int.MaxValue);
        novelty.Note(2, Novelty.Order(instructions.Length), (ulong)Novelty.Order(kept));
        foreach (var instruction in instructions) novelty.Note(3, instruction.Code);
    }
}
