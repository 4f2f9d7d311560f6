using NetSniff.Filters.Bpf;
using NetSniff.Packets;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>Turns a user's filter into what a packet socket is given.</summary>
internal static class KernelFilter
{
    // Loads from these offsets on ask the kernel about the frame, or count from its network header (linux/filter.h).
    private const uint AncillaryHardware = unchecked((uint)(-0x1000 + 28));
    private const uint NetworkHeader = unchecked((uint)-0x10_0000);
    private const ushort HardwareEthernet = 1;
    private const ushort HardwareLoopback = 772;

    /// <summary>Whether a program looks for VLAN tags, which the kernel takes out of a frame before filters run.
    /// </summary>
    public static bool LooksForTag(BpfProgram program)
    {
        foreach (ref readonly var instruction in program.Instructions)
        {
            if (instruction is { Code: BpfCode.JumpEqual, K: 0x8100 or 0x88A8 or 0x9100 }) return true;
        }

        return false;
    }

    /// <summary>Accepts no frame.</summary>
    public static BpfInstruction[] Nothing { get; } = [new BpfInstruction(BpfCode.ReturnConstant, 0, 0, 0)];

    /// <summary>Accepts everything, cut at the snap length.</summary>
    public static BpfInstruction[] Everything(int snapLengthMax) =>
        [new BpfInstruction(BpfCode.ReturnConstant, 0, 0, (uint)snapLengthMax)];

    /// <summary>One program for a socket on all interfaces: by hardware type it goes on to the program for Ethernet, or
    /// to the one for bare IP, whose offsets then count from the network header.</summary>
    /// <returns>Null when that is more than the kernel takes.</returns>
    public static BpfInstruction[]? ForAnyInterface(BpfProgram ethernet, BpfProgram raw)
    {
        var count = 4 + ethernet.Instructions.Length + raw.Instructions.Length;
        if (count > BpfProgram.InstructionsMax) return null;

        var all = new List<BpfInstruction>(count)
        {
            new(BpfCode.LoadHalfAbsolute, 0, 0, AncillaryHardware),
            new(BpfCode.JumpEqual, 2, 0, HardwareEthernet),
            new(BpfCode.JumpEqual, 1, 0, HardwareLoopback),
            new(BpfCode.Jump, 0, 0, (uint)ethernet.Instructions.Length),
        };
        all.AddRange(ethernet.Instructions);
        foreach (ref readonly var instruction in raw.Instructions)
        {
            all.Add(IsPacketLoad(instruction.Code)
                ? instruction with { K = unchecked(NetworkHeader + instruction.K) }
                : instruction);
        }

        return [.. all];
    }

    private static bool IsPacketLoad(ushort code) => code is
        BpfCode.LoadWordAbsolute or BpfCode.LoadHalfAbsolute or BpfCode.LoadByteAbsolute or
        BpfCode.LoadWordIndirect or BpfCode.LoadHalfIndirect or BpfCode.LoadByteIndirect or
        BpfCode.LoadXHeaderLength;

    /// <summary>Whether a filter in user space accepts a frame, its tag put back first.</summary>
    /// <param name="room">At least as long as the frame and a tag.</param>
    public static bool AcceptsWhole(BpfProgram program, in Frame frame, Span<byte> room)
    {
        var added = Pcap.WholeFrame.Added(in frame);
        if (added == 0) return program.Run(frame.Bytes, frame.WireLength) != 0;

        // A filter looks at headers; more of a super-frame than fits is not worth more room.
        var length = Math.Min(frame.CapturedLength, room.Length - added);
        Pcap.WholeFrame.CopyTo(frame with { CapturedLength = length }, room);
        return program.Run(room[..(length + added)], frame.WireLength + added) != 0;
    }
}
