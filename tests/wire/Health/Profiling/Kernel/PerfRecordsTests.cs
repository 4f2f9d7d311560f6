using System.Buffers.Binary;
using NetSniff.Wire.Health.Profiling.Kernel;

namespace NetSniff.Tests.Wire.Health.Profiling.Kernel;

/// <summary>What the kernel lays into a ring.</summary>
public sealed class PerfRecordsTests
{
    private const ulong UserContext = unchecked((ulong)-512), KernelContext = unchecked((ulong)-128);

    private sealed class Seen : IPerfVisitor
    {
        public List<(bool IsInKernel, ulong[] Chain, ulong StackPointer, int StackBytes)> Samples { get; } = [];

        public ulong LostCount { get; private set; }

        void IPerfVisitor.Sample(in PerfSample sample) => Samples.Add(
            (sample.IsInKernel, sample.Chain.ToArray(), sample.StackPointer, sample.Stack.Length));

        void IPerfVisitor.Lost(ulong count) => LostCount += count;
    }

    private static byte[] Record(uint kind, ushort mode, params ulong[] words)
    {
        var bytes = new byte[8 + 8 * words.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, kind);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), mode);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)bytes.Length);
        for (var index = 0; index < words.Length; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 + 8 * index), words[index]);
        }

        return bytes;
    }

    /// <summary>Instruction, process and thread, chain, registers (which form, base, stack, instruction), a stack of
    /// two words of which one is filled.</summary>
    private static byte[] Sample() => Record(
        9, 2, 0x1000, 0x100000001, 3, UserContext, 0x1000, 0x2000, 2, 0xBB, 0xAA, 0x1000, 16, 1, 2, 8);

    [Fact]
    public void Samples_and_losses_are_read_and_what_is_neither_is_passed_over()
    {
        var seen = new Seen();
        var records = new PerfRecords(seen, hasStack: true);
        records.Read([.. Sample(), .. Record(3, 0, 1, 2), .. Record(2, 0, 7, 5), .. Sample()]);
        Assert.Equal(2, seen.Samples.Count);
        Assert.Equal([0x1000ul, 0x2000], seen.Samples[1].Chain);
        var first = seen.Samples[0];
        Assert.Equal((false, 0xAAul, 8), (first.IsInKernel, first.StackPointer, first.StackBytes));
        Assert.Equal((5ul, 0L), (seen.LostCount, records.Damaged));
    }

    [Fact]
    public void Of_a_chain_only_the_part_of_the_program_counts()
    {
        var seen = new Seen();
        var records = new PerfRecords(seen, hasStack: false);
        records.Read(Record(9, 1, 0x1000, 1, 5, KernelContext, 0xFFFF_8000_0000_0000, UserContext, 0x10, 0x20));
        var (isInKernel, chain, _, _) = Assert.Single(seen.Samples);
        Assert.True(isInKernel);
        Assert.Equal([0x10ul, 0x20], chain);
    }

    /// <summary>A ring ends anywhere, also in the middle of a record.</summary>
    [Fact]
    public void Records_around_the_end_of_a_ring_are_whole()
    {
        byte[] all = [.. Sample(), .. Record(2, 0, 7, 5), .. Sample(), .. Sample()];
        for (var end = 0; end <= all.Length; end += 8)
        {
            var seen = new Seen();
            var records = new PerfRecords(seen, hasStack: true);
            records.Read(all.AsSpan(0, end), all.AsSpan(end), new byte[PerfRecords.RecordBytesMax]);
            Assert.Equal((3, 5ul, 0L), (seen.Samples.Count, seen.LostCount, records.Damaged));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(9000)]
    public void A_record_that_does_not_hold_what_it_says_is_counted(int size)
    {
        var bytes = Sample();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)size);
        var seen = new Seen();
        var records = new PerfRecords(seen, hasStack: true);
        records.Read(bytes, default, new byte[PerfRecords.RecordBytesMax]);
        Assert.Empty(seen.Samples);
        Assert.True(records.Damaged > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_bytes_throw(int seed)
    {
        var random = new Random(seed);
        var buffer = new byte[PerfRecords.RecordBytesMax];
        for (var round = 0; round < 5000; round++)
        {
            byte[] bytes = [.. Sample(), .. Sample()];
            for (var change = random.Next(6); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : 0xFF);
            }

            var end = random.Next(bytes.Length + 1);
            new PerfRecords(new Seen(), random.Next(2) == 0).Read(
                bytes.AsSpan(0, end), bytes.AsSpan(random.Next(end, bytes.Length + 1)), buffer);
        }
    }
}
