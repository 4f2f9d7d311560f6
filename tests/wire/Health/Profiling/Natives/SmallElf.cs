using System.Buffers.Binary;
using System.Text;

namespace NetSniff.Tests.Wire.Health.Profiling.Natives;

/// <summary>A library of two functions: `wave` keeps the base pointer and has 0x80 bytes of its own, and uses no frame
/// pointer; `shore` is called by nobody.</summary>
internal static class SmallElf
{
    public const ulong Base = 0x10000, Wave = Base + 0x400, Shore = Base + 0x440;
    public const int Size = 0x900, TextOffset = 0x400;

    private const int Frames = 0x100, Entries = 0x200, Symbols = 0x600, Names = 0x700, Sections = 0x800;

    public static byte[] Make()
    {
        var file = new byte[Size];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        Put64(file, 32, 64); // segments
        Put64(file, 40, Sections);
        Put16(file, 54, 56);
        Put16(file, 56, 2);
        Put16(file, 58, 64);
        Put16(file, 60, 3);
        PutSegment(file, 64, 1, 0, Size);
        PutSegment(file, 64 + 56, 0x6474e550, Frames, 12 + 16);
        PutFrames(file);
        PutSymbol(file, Symbols, 1, Wave, 0x40);
        PutSymbol(file, Symbols + 24, 1 + "_ZN3sea4waveEv".Length + 1, Shore, 0x40);
        Encoding.ASCII.GetBytes("\0_ZN3sea4waveEv\0shore\0").CopyTo(file, Names);
        PutSection(file, 1, 2, Symbols, 48, link: 2);
        PutSection(file, 2, 3, Names, 22, link: 0);
        return file;
    }

    private static void PutFrames(byte[] file)
    {
        byte[] common = [1, (byte)'z', (byte)'R', 0, 1, 0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1, 0, 0];
        // After one byte the base pointer is on the stack, after four there is room for 0x80 bytes more.
        byte[] wave = [0, 0x41, 0x0E, 16, 0x86, 2, 0x43, 0x0E, 0x90, 1, 0, 0];
        byte[] shore = [0, 0x07, 16, 0];
        var commonAt = Entries;
        var waveAt = commonAt + 8 + common.Length;
        var shoreAt = waveAt + 16 + wave.Length;
        Put32(file, commonAt, 4 + common.Length);
        common.CopyTo(file, commonAt + 8);
        PutFunction(file, waveAt, commonAt, Wave, wave);
        PutFunction(file, shoreAt, commonAt, Shore, shore);
        byte[] head = [1, 0x1B, 0x03, 0x3B];
        head.CopyTo(file, Frames);
        Put32(file, Frames + 8, 2);
        Put32(file, Frames + 12, (int)(Wave - Base) - Frames);
        Put32(file, Frames + 16, waveAt - Frames);
        Put32(file, Frames + 20, (int)(Shore - Base) - Frames);
        Put32(file, Frames + 24, shoreAt - Frames);
    }

    private static void PutFunction(byte[] file, int at, int common, ulong start, byte[] program)
    {
        Put32(file, at, 12 + program.Length);
        Put32(file, at + 4, at + 4 - common);
        Put32(file, at + 8, (int)(start - Base) - (at + 8));
        Put32(file, at + 12, 0x40);
        program.CopyTo(file, at + 16);
    }

    private static void PutSegment(byte[] file, int at, uint kind, int offset, int size)
    {
        Put32(file, at, (int)kind);
        Put64(file, at + 8, (ulong)offset);
        Put64(file, at + 16, Base + (ulong)offset);
        Put64(file, at + 32, (ulong)size);
    }

    private static void PutSymbol(byte[] file, int at, int name, ulong start, ulong size)
    {
        Put32(file, at, name);
        file[at + 4] = 0x12; // a global function
        Put64(file, at + 8, start);
        Put64(file, at + 16, size);
    }

    private static void PutSection(byte[] file, int number, int kind, int offset, int size, int link)
    {
        var at = Sections + 64 * number;
        Put32(file, at + 4, kind);
        Put64(file, at + 24, (ulong)offset);
        Put64(file, at + 32, (ulong)size);
        Put32(file, at + 40, link);
    }

    private static void Put16(byte[] file, int at, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

    private static void Put32(byte[] file, int at, int value) =>
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);

    private static void Put64(byte[] file, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
