using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NetSniff.Wire.Health.Profiling.Kernel;

/// <summary>A thread as it was when the kernel interrupted it.</summary>
internal readonly ref struct PerfSample
{
    /// <summary>It had called the kernel, which worked for it.</summary>
    public bool IsInKernel { get; init; }

    /// <summary>Addresses that the kernel found by following frame pointers, the innermost first.</summary>
    public ReadOnlySpan<ulong> Chain { get; init; }

    public ulong BasePointer { get; init; }
    public ulong StackPointer { get; init; }
    public ulong Instruction { get; init; }

    /// <summary>A copy of the innermost part of its stack, from the stack pointer up.</summary>
    public ReadOnlySpan<byte> Stack { get; init; }
}

/// <summary>Takes what a ring tells.</summary>
internal interface IPerfVisitor
{
    void Sample(in PerfSample sample);

    /// <summary>The ring had no room for so many.</summary>
    void Lost(ulong count);
}

/// <summary>Reads records as the kernel lays them into a ring (perf_event_open(2), "mmap layout"); one that does not
/// hold what it says is counted.</summary>
/// <param name="hasStack">Samples carry registers and a copy of the stack.</param>
internal sealed class PerfRecords(IPerfVisitor visitor, bool hasStack)
{
    /// <summary>A record's size has 16 bits.</summary>
    public const int RecordBytesMax = 64 * 1024;

    private const int HeaderBytes = 8;
    private const uint LostRecord = 2, SampleRecord = 9;
    private const int ModeMask = 7, KernelMode = 1;

    /// <summary>Entries of a chain; the kernel's own limit is 127 unless someone raised it.</summary>
    private const int ChainMax = 1024;

    /// <summary>Addresses from here on are no addresses: they say whose the next ones are.</summary>
    private const ulong ContextFirst = unchecked((ulong)-4095);

    private const ulong UserContext = unchecked((ulong)-512);
    private const ulong NoRegisters = 0;

    public long Damaged { get; private set; }

    /// <returns>How much was read: up to the end of the last record that is there whole.</returns>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        var from = 0;
        while (bytes.Length - from >= HeaderBytes)
        {
            var record = bytes[from..];
            var kind = BinaryPrimitives.ReadUInt32LittleEndian(record);
            var flags = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
            if (size < HeaderBytes)
            {
                Damaged++;
                return bytes.Length; // where the next one would be cannot be known
            }

            if (size > record.Length) break;

            var body = new NettraceBlock(record[HeaderBytes..size]);
            if (kind == SampleRecord) ReadSample(ref body, (flags & ModeMask) == KernelMode);
            else if (kind == LostRecord) ReadLost(ref body);
            from += size;
        }

        return from;
    }

    /// <summary>Reads what lies around the end of a ring.</summary>
    /// <param name="buffer">Room for a record that does.</param>
    public void Read(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> buffer)
    {
        var rest = first[Read(first)..];
        if (!rest.IsEmpty && !second.IsEmpty && rest.Length < RecordBytesMax)
        {
            // All of the record, and maybe some more.
            var more = Math.Min(second.Length, RecordBytesMax - rest.Length);
            rest.CopyTo(buffer);
            second[..more].CopyTo(buffer[rest.Length..]);
            var read = Read(buffer[..(rest.Length + more)]);
            if (read > rest.Length)
            {
                second = second[(read - rest.Length)..];
                rest = default;
            }
        }

        second = second[Read(second)..];
        if (!rest.IsEmpty || !second.IsEmpty) Damaged++;
    }

    private void ReadLost(ref NettraceBlock body)
    {
        body.UInt64(); // which event
        var count = body.UInt64();
        if (body.RanShort) Damaged++;
        else visitor.Lost(count);
    }

    private void ReadSample(ref NettraceBlock body, bool isInKernel)
    {
        var instruction = body.UInt64();
        body.Bytes(8); // process and thread: each ring has one
        var count = body.UInt64();
        var chain = count <= ChainMax ? MemoryMarshal.Cast<byte, ulong>(body.Bytes((int)count * 8)) : default;
        var (basePointer, stackPointer) = (0ul, 0ul);
        ReadOnlySpan<byte> stack = default;
        if (hasStack)
        {
            if (body.UInt64() != NoRegisters)
            {
                (basePointer, stackPointer, instruction) = (body.UInt64(), body.UInt64(), body.UInt64());
            }

            var room = body.UInt64();
            stack = room <= ushort.MaxValue ? body.Bytes((int)room) : default;
            var used = room == 0 ? 0 : body.UInt64();
            stack = used <= (ulong)stack.Length ? stack[..(int)used] : default;
        }

        if (body.RanShort || count > ChainMax)
        {
            Damaged++;
            return;
        }

        visitor.Sample(new PerfSample
        {
            IsInKernel = isInKernel, Chain = OfUser(chain), BasePointer = basePointer, StackPointer = stackPointer,
            Instruction = instruction, Stack = stack,
        });
    }

    private static ReadOnlySpan<ulong> OfUser(ReadOnlySpan<ulong> chain)
    {
        var from = chain.IndexOf(UserContext) + 1;
        var to = from;
        while (to < chain.Length && chain[to] < ContextFirst) to++;
        return chain[from..to];
    }
}
