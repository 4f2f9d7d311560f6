using System.Buffers.Binary;
using NetSniff.Wire.Health.Profiling.Kernel;
using NetSniff.Wire.Health.Profiling.Natives;

namespace NetSniff.Tests.Wire.Health.Profiling.Natives;

/// <summary>Stacks through a library that has no frame pointers.</summary>
public sealed class StackWalkTests : IDisposable
{
    /// <summary>Where the library lies in memory, and where code of the runtime does.</summary>
    private const ulong Library = 0x7000_0000, Runtime = 0x5000_0000, Top = 0x9000;

    private const ulong InWave = Library + SmallElf.TextOffset + 8, InShore = Library + SmallElf.TextOffset + 0x48;

    private readonly string _folder = Directory.CreateTempSubdirectory("netsniff-").FullName;
    private readonly MemoryMap _map = new();
    private readonly StackWalk _walk;

    public StackWalkTests()
    {
        var library = Path.Combine(_folder, "libsea.so");
        File.WriteAllBytes(library, SmallElf.Make());
        var maps = Path.Combine(_folder, "maps");
        File.WriteAllText(
            maps,
            $"{Library:x}-{Library + SmallElf.Size:x} r-xp 00000000 08:01 7                {library}\n"
            + $"{Runtime:x}-{Runtime + 0x1000:x} r-xp 00000000 00:00 0 \n"
            + "10-20 rw-p 00000000 00:00 0 [heap]\nno line\n");
        _map.Refresh(maps);
        _walk = new StackWalk(_map);
    }

    public void Dispose()
    {
        _map.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>`wave` was called by a method, that by another, that by `shore`.</summary>
    private static byte[] Stack()
    {
        var stack = new byte[0x200];
        Put(stack, 0x80, Top + 0x100); // wave: the method's base pointer
        Put(stack, 0x88, Runtime + 0x10);
        Put(stack, 0x100, Top + 0x140); // the method: its caller's
        Put(stack, 0x108, Runtime + 0x20);
        Put(stack, 0x140, 0);
        Put(stack, 0x148, InShore);
        return stack;

        static void Put(byte[] stack, int offset, ulong value) =>
            BinaryPrimitives.WriteUInt64LittleEndian(stack.AsSpan(offset), value);
    }

    [Fact]
    public void A_base_pointer_used_for_something_else_hides_no_caller()
    {
        var sample = new PerfSample
        {
            Chain = [InWave, 0xDEAD], Instruction = InWave, StackPointer = Top, BasePointer = 0xDEAD, Stack = Stack(),
        };
        Assert.Equal([InWave, Runtime + 0x10, Runtime + 0x20, InShore], _walk.Walk(in sample));
        Assert.Equal(0, _walk.CutStacks);
    }

    [Fact]
    public void From_code_of_the_runtime_on_the_kernel_has_followed()
    {
        var sample = new PerfSample
        {
            Chain = [InWave, Runtime + 0x10, Runtime + 0x30], Instruction = InWave, StackPointer = Top,
            BasePointer = Top + 0x100, Stack = Stack().AsSpan(0, 0x90),
        };
        Assert.Equal([InWave, Runtime + 0x10, Runtime + 0x30], _walk.Walk(in sample));
        Assert.Equal(0, _walk.CutStacks);
    }

    [Theory]
    [InlineData(0x88, new[] { InWave, StackWalk.Cut })]
    [InlineData(0x10C, new[] { InWave, Runtime + 0x10, StackWalk.Cut })]
    public void A_stack_deeper_than_the_copy_says_so(int copied, ulong[] expected)
    {
        var sample = new PerfSample
        {
            Chain = [InWave, 0xDEAD], Instruction = InWave, StackPointer = Top, BasePointer = 0xDEAD,
            Stack = Stack().AsSpan(0, copied),
        };
        Assert.Equal(expected, _walk.Walk(in sample));
        Assert.Equal(1, _walk.CutStacks);
    }

    [Fact]
    public void What_the_kernel_found_is_taken_where_the_runtimes_code_ran()
    {
        var sample = new PerfSample
        {
            Chain = [Runtime + 0x40, Runtime + 0x10], Instruction = Runtime + 0x40, StackPointer = Top, Stack = Stack(),
        };
        Assert.Equal([Runtime + 0x40, Runtime + 0x10], _walk.Walk(in sample));
    }

    [Fact]
    public void No_stack_throws_or_goes_on_for_ever()
    {
        var random = new Random(3);
        for (var round = 0; round < 5000; round++)
        {
            var stack = Stack();
            for (var change = random.Next(5); change >= 0; change--)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(
                    stack.AsSpan(8 * random.Next(stack.Length / 8)),
                    random.GetItems<ulong>([0, Top, Top + 0x80, InWave, InShore, Runtime, ulong.MaxValue], 1)[0]);
            }

            var sample = new PerfSample
            {
                Chain = [InWave, Runtime + 0x20], Instruction = InWave, StackPointer = Top, BasePointer = Top + 0x100,
                Stack = stack.AsSpan(0, random.Next(stack.Length)),
            };
            Assert.InRange(_walk.Walk(in sample).Length, 1, StackWalk.DepthMax);
        }
    }

    [Fact]
    public void Names_say_the_function_and_its_library()
    {
        var methods = new NetSniff.Wire.Health.Profiling.MethodTable();
        methods.Add(Runtime, 0x20, "Sea.Swim");
        var counts = new NetSniff.Wire.Health.Profiling.StackCounts();
        counts.Add(7, [InWave, Runtime + 0x10, Runtime + 0x30, InShore], isOwn: true);
        var names = new AddressNames(counts.All, methods, _map, CancellationToken.None);
        Assert.Equal(
            ["shore [libsea.so]", "[stub]", "Sea.Swim", "sea::wave [libsea.so]"],
            names.PathOf([InWave, Runtime + 0x10, Runtime + 0x30, InShore]));
        Assert.Equal(["[stack deeper than the copy]", "sea::wave [libsea.so]"], names.PathOf([InWave, StackWalk.Cut]));
        Assert.Equal(["[unknown]", "[unknown]"], names.PathOf([1234567, 7654321]).Concat(names.PathOf([99])));
    }
}
