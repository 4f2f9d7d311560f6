using NetSniff.Wire.Health.Profiling.Natives;

namespace NetSniff.Tests.Wire.Health.Profiling.Natives;

public sealed class ElfFileTests
{
    private static ElfFile Open(byte[] bytes) => new((into, offset) =>
    {
        if (offset >= bytes.Length) return 0;
        var count = Math.Min(into.Length, bytes.Length - (int)offset);
        bytes.AsSpan((int)offset, count).CopyTo(into);
        return count;
    });

    [Fact]
    public void Addresses_have_the_names_of_the_functions_they_lie_in()
    {
        using var file = Open(SmallElf.Make());
        Assert.True(file.IsElf);
        Assert.Equal(SmallElf.Wave, file.AddressOf(SmallElf.TextOffset));
        ulong[] addresses =
            [SmallElf.Wave - 1, SmallElf.Wave, SmallElf.Shore - 1, SmallElf.Shore, SmallElf.Shore + 0x40];
        string?[] names = [null, "_ZN3sea4waveEv", "_ZN3sea4waveEv", "shore", null];
        Assert.Equal(names.AsEnumerable(), file.FunctionsAt(addresses, CancellationToken.None));
    }

    [Fact]
    public void A_function_larger_than_all_that_is_loaded_is_none()
    {
        var bytes = SmallElf.Make();
        BitConverter.TryWriteBytes(bytes.AsSpan(0x600 + 16), ulong.MaxValue);
        using var file = Open(bytes);
        string?[] names = [null, "shore"];
        Assert.Equal(
            names.AsEnumerable(), file.FunctionsAt([SmallElf.Wave, SmallElf.Shore], CancellationToken.None));
    }

    /// <summary>Four million symbols, of which each claims all addresses.</summary>
    [Fact]
    public void Where_all_symbols_claim_everything_it_ends_and_so_it_does_when_nobody_waits()
    {
        const int SymbolsAt = 0x10000;
        var bytes = SmallElf.Make();
        var symbol = bytes.AsSpan(0x600, 24).ToArray();
        BitConverter.TryWriteBytes(symbol.AsSpan(8), SmallElf.Base);
        BitConverter.TryWriteBytes(symbol.AsSpan(16), (ulong)SmallElf.Size);
        BitConverter.TryWriteBytes(bytes.AsSpan(0x800 + 64 + 24), (ulong)SymbolsAt);
        BitConverter.TryWriteBytes(bytes.AsSpan(0x800 + 64 + 32), 4_000_000ul * 24);
        var reads = 0;
        using var file = new ElfFile((into, offset) =>
        {
            if (offset < SymbolsAt)
            {
                var count = Math.Clamp(bytes.Length - (int)offset, 0, into.Length);
                bytes.AsSpan(Math.Min((int)offset, bytes.Length), count).CopyTo(into);
                return count;
            }

            reads++;
            for (var at = 0; at < into.Length; at++) into[at] = symbol[(int)((offset - SymbolsAt + at) % 24)];
            return into.Length;
        });
        ulong[] addresses = [.. Enumerable.Range(0, SmallElf.Size).Select(at => SmallElf.Base + (ulong)at)];
        Assert.All(file.FunctionsAt(addresses, CancellationToken.None), name => Assert.Equal("_ZN3sea4waveEv", name));
        Assert.InRange(reads, 1, 100);
        Assert.Throws<OperationCanceledException>(() => file.FunctionsAt(addresses, new CancellationToken(true)));
    }

    [Fact]
    public void A_function_without_frame_pointer_says_where_its_caller_is()
    {
        using var file = Open(SmallElf.Make());
        var table = new FrameTable(file);
        Assert.Equal(new FrameRule(true, false, false, 8, -8, 0), table.RuleAt(SmallElf.Wave));
        Assert.Equal(new FrameRule(true, false, false, 16, -8, -16), table.RuleAt(SmallElf.Wave + 1));
        Assert.Equal(new FrameRule(true, false, false, 0x90, -8, -16), table.RuleAt(SmallElf.Wave + 4));
        Assert.Equal(new FrameRule(true, false, false, 0x90, -8, -16), table.RuleAt(SmallElf.Wave + 0x3F));
        Assert.True(table.RuleAt(SmallElf.Shore + 2).IsOutermost);
        Assert.False(table.RuleAt(SmallElf.Shore + 0x40).IsKnown);
        Assert.False(table.RuleAt(SmallElf.Wave - 1).IsKnown);
    }

    [Fact]
    public void Every_prefix_of_a_library_is_read_without_harm()
    {
        var whole = SmallElf.Make();
        for (var length = 0; length < whole.Length; length += 3) Ask(whole[..length]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_damage_throws(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 4000; round++)
        {
            var bytes = SmallElf.Make();
            for (var change = random.Next(8); change >= 0; change--)
            {
                // Where something is: headers, frames, symbols, sections.
                var part = random.GetItems<int>([0, 0x40, 0x100, 0x200, 0x600, 0x800], 1)[0];
                bytes[part + random.Next(0xB0)] = (byte)(random.Next(3) == 0 ? 0xFF : random.Next(256));
            }

            Ask(bytes);
        }
    }

    private static void Ask(byte[] bytes)
    {
        using var file = Open(bytes);
        var names = file.FunctionsAt([SmallElf.Wave, SmallElf.Shore, ulong.MaxValue], CancellationToken.None);
        Assert.Equal(3, names.Length);
        var table = new FrameTable(file);
        for (var offset = 0ul; offset < 0x90; offset += 3) table.RuleAt(SmallElf.Wave + offset);
        table.RuleAt(0);
        table.RuleAt(ulong.MaxValue);
    }

    /// <summary>The C library of this machine, by its own description, as readelf reads it too.</summary>
    [Fact]
    public void A_real_library_is_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libraries are ELF on Linux");
        using var map = new MemoryMap();
        map.Refresh();
        var place = (ulong)System.Runtime.InteropServices.NativeLibrary.GetExport(
            System.Runtime.InteropServices.NativeLibrary.Load("libc"), "qsort");
        var region = map.Find(place);
        Assert.NotNull(region);
        var module = region.Module;
        Assert.NotNull(module);
        var address = module.File.AddressOf(place - region.Start + region.Offset);
        Assert.NotNull(address);
        Assert.Contains("qsort", Assert.Single(module.File.FunctionsAt([address.Value], CancellationToken.None)));
        Assert.SkipUnless(
            System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
                == System.Runtime.InteropServices.Architecture.X64, "frames are followed on x86-64 alone");
        Assert.Equal(new FrameRule(true, false, false, 8, -8, 0), module.Frames.RuleAt(address.Value));
    }
}
