using NetSniff.Packets;
using NetSniff.Pcap;
using NetSniff.Storage.PacketRing;
using Ring = NetSniff.Storage.PacketRing.PacketRing;

namespace NetSniff.Tests.Storage.PacketRing;

public unsafe class PacketRingTests
{
    private const long Second = 1_000_000_000;

    private static readonly RingOptions s_small = new() { SegmentBytes = 1 << 20, BytesMax = 4 << 20 };

    private static readonly CaptureInterface s_interface = new("eth7", LinkType.Ethernet, 262_144);

    [Fact]
    public void Packets_come_back_by_time_and_flow()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { BytesMax = 64 << 20 });
        for (var number = 0; number < 20_000; number++) Append(ring, number, length: 60 + number % 1400);

        Assert.Equal(Enumerable.Range(0, 20_000), Numbers(ring, new RingQuery()));
        Assert.Equal(
            Enumerable.Range(500, 101), Numbers(ring, new RingQuery { FromNanos = Time(500), ToNanos = Time(600) }));
        Assert.Equal(
            Enumerable.Range(0, 20_000).Where(number => FlowOf(number) == FlowOf(77)),
            Numbers(ring, new RingQuery { Flows = new HashSet<ulong> { FlowOf(77) } }));
        Assert.Equal([0, 1, 2], Numbers(ring, new RingQuery { PacketsMax = 3 }));
        Assert.Equal(
            Enumerable.Range(0, 20_000).Where(number => 60 + number % 1400 > 1450),
            Numbers(ring, new RingQuery { Filter = frame => frame.CapturedLength > 1450 }));
        Assert.Equal(20_000, ring.Counts.Packets);
    }

    [Fact]
    public void A_flow_that_is_rare_is_found_without_looking_everywhere()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { BytesMax = 64 << 20 });
        for (var number = 0; number < 20_000; number++)
        {
            Append(ring, number, 650, flow: number == 9_000 ? 0xabcdef12345ul : null);
        }

        using var cursor = ring.Find(new RingQuery { Flows = new HashSet<ulong> { 0xabcdef12345 } });
        Assert.True(cursor.MoveNext());
        Assert.Equal(9_000, NumberOf(cursor.Current));
        Assert.False(cursor.MoveNext());
        Assert.True(cursor.Blocks.Skipped > 5 * cursor.Blocks.Visited, $"{cursor.Blocks}");
    }

    [Fact]
    public void At_the_bound_the_oldest_goes_and_is_counted()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small);
        for (var number = 0; number < 20_000; number++) Append(ring, number, 1000);
        var numbers = Numbers(ring, new RingQuery());
        Assert.Equal(Enumerable.Range(20_000 - numbers.Count, numbers.Count), numbers);
        Assert.Equal(20_000 - numbers.Count, ring.Counts.PacketsOverwritten);
        Assert.True(ring.Counts.BytesOnDisk <= s_small.BytesMax);
        Assert.Equal(Time(numbers[0]), ring.Counts.OldestNanos);
        Assert.Equal(4, Directory.GetFiles(folder.Path, "*.ring").Length);
    }

    [Fact]
    public void What_is_too_old_is_not_given_out()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { AgeMax = TimeSpan.FromSeconds(10) });
        for (var number = 0; number < 1000; number++) Append(ring, number, 100);
        Assert.Equal(Enumerable.Range(0, 1000).Where(number => Time(number) >= Time(999) - 10 * Second),
            Numbers(ring, new RingQuery()));
    }

    [Fact]
    public void Another_run_finds_them_with_the_names_of_their_interfaces()
    {
        using var folder = new TemporaryFolder();
        using (var first = Ring.Open(folder.Path, s_small))
        {
            first.NameInterfaces([s_interface]);
            for (var number = 0; number < 3000; number++) Append(first, number, 500);
        }

        using var second = Ring.Open(folder.Path, s_small);
        second.NameInterfaces([s_interface with { Name = "wlan0" }]);
        for (var number = 3000; number < 3100; number++) Append(second, number, 500);
        var names = new Dictionary<string, int>();
        using var cursor = second.Find(new RingQuery());
        for (var number = 0; cursor.MoveNext(); number++)
        {
            Assert.Equal(number, NumberOf(cursor.Current));
            var name = cursor.Interfaces[cursor.Current.Interface].Name;
            names[name] = names.GetValueOrDefault(name) + 1;
        }

        Assert.Equal([KeyValuePair.Create("eth7", 3000), KeyValuePair.Create("wlan0", 100)], names.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void A_cursor_keeps_what_is_given_up_meanwhile()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small);
        for (var number = 0; number < 1000; number++) Append(ring, number, 1000);
        using var cursor = ring.Find(new RingQuery());
        for (var number = 1000; number < 20_000; number++) Append(ring, number, 1000);
        Assert.DoesNotContain(0, Numbers(ring, new RingQuery()));
        for (var number = 0; number < 1000; number++)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(number, NumberOf(cursor.Current));
        }
    }

    [Fact]
    public void A_damaged_block_ends_its_file_and_hurts_nothing_else()
    {
        using var folder = new TemporaryFolder();
        using (var ring = Ring.Open(folder.Path, s_small))
        {
            for (var number = 0; number < 2500; number++) Append(ring, number, 1000);
        }

        var first = Directory.GetFiles(folder.Path, "*.ring").Order().First();
        var bytes = File.ReadAllBytes(first);
        bytes[BlockHeader.Bytes + BlockHeader.Size + 16] = 0xff; // the second block's first packet: its length
        bytes[BlockHeader.Bytes + BlockHeader.Size + 19] = 0x7f;
        File.WriteAllBytes(first, bytes);
        using var again = Ring.Open(folder.Path, s_small);
        var numbers = Numbers(again, new RingQuery());
        Assert.InRange(numbers.Count, 1, 2499);
        Assert.Contains(0, numbers);
        Assert.Contains(2499, numbers);
        Assert.True(Append(again, 2500, 100));
    }

    [Fact]
    public void Long_frames_are_cut_and_counted()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { SnapLengthMax = 96 });
        Append(ring, 1, 1500);
        using var cursor = ring.Find(new RingQuery());
        Assert.True(cursor.MoveNext());
        Assert.Equal((96, 1500), (cursor.Current.CapturedLength, cursor.Current.WireLength));
        Assert.Equal(1, ring.Counts.PacketsCut);
    }

    [Fact]
    public void On_a_full_disk_the_oldest_make_room_and_the_process_lives()
    {
        using var disk = SmallDisk.Mount(kibibytes: 3 * 1024 + 64);
        using var ring = Ring.Open(Path.Combine(disk.Path, "ring"), s_small with { BytesMax = 1L << 40 });
        for (var number = 0; number < 10_000; number++) Assert.True(Append(ring, number, 1000));
        Assert.True(ring.Counts.PacketsOverwritten > 0);
        Assert.Equal(9_999, Numbers(ring, new RingQuery())[^1]);
    }

    [Fact]
    public void Rings_are_walked_together_by_time()
    {
        using var folder = new TemporaryFolder();
        using var even = Ring.Open(folder["even"], s_small);
        using var odd = Ring.Open(folder["odd"], s_small);
        even.NameInterfaces([s_interface]);
        for (var number = 0; number < 2000; number++) Append(number % 2 == 0 ? even : odd, number, 80);
        var query = new RingQuery { FromNanos = Time(100), ToNanos = Time(1099) };
        using var merge = new RingMerge([even.Find(query), odd.Find(query)]);
        var expected = 100;
        for (; merge.MoveNext(); expected++)
        {
            Assert.Equal((expected, Time(expected)), (NumberOf(merge.Current), merge.Current.TimeNanos));
            Assert.Equal(expected % 2 == 0 ? "eth7" : "", merge.Interface.Name);
        }

        Assert.Equal(1100, expected);
    }

    [Fact]
    public void A_cursor_goes_on_where_another_ended()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { BytesMax = 64 << 20 });
        var query = new RingQuery { Flows = new HashSet<ulong> { FlowOf(7) } };
        List<int> seen = [];
        for (var turn = 0; turn < 40; turn++)
        {
            for (var number = turn * 500; number < turn * 500 + 500; number++) Append(ring, number, 60 + number % 1400);
            using var cursor = ring.Find(query);
            while (cursor.MoveNext()) seen.Add(NumberOf(cursor.Current));
            Assert.False(cursor.LostPlace);
            query = query with { After = cursor.Position };
        }

        Assert.Equal(Enumerable.Range(0, 20_000).Where(number => FlowOf(number) == FlowOf(7)), seen);
        using var before = ring.Find(new RingQuery { Before = query.After });
        var count = 0;
        while (before.MoveNext()) count++;
        Assert.Equal(20_000, count);
    }

    [Fact]
    public void Who_reads_too_slowly_is_told()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small);
        Append(ring, 0, 100);
        using var first = ring.Find(new RingQuery());
        while (first.MoveNext()) { }
        for (var number = 1; number < 20_000; number++) Append(ring, number, 1000);
        using var second = ring.Find(new RingQuery { After = first.Position });
        Assert.True(second.MoveNext());
        Assert.True(second.LostPlace);
    }

    [Fact]
    public void Another_process_may_read_what_one_writes()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { BytesMax = 64 << 20 });
        ring.NameInterfaces([s_interface]);
        for (var number = 0; number < 5000; number++) Append(ring, number, 1000);
        Assert.True(Ring.IsRing(folder.Path));
        using var cursor = Ring.FindIn(folder.Path, new RingQuery { FromNanos = Time(4000) });
        var expected = 4000;
        for (; cursor.MoveNext(); expected++) Assert.Equal(expected, NumberOf(cursor.Current));
        Assert.Equal(5000, expected);
        Assert.Equal("eth7", Assert.Single(cursor.Interfaces).Name);
        Assert.True(Append(ring, 5000, 100));
    }

    [Fact]
    public void What_grew_too_old_on_a_quiet_wire_goes()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small with { AgeMax = TimeSpan.FromSeconds(600) });
        for (var number = 0; number < 3000; number++) Append(ring, number, 1000);
        ring.Expire(Time(2999) + 400 * Second);
        Assert.Equal(999, Numbers(ring, new RingQuery())[0]);
        ring.Expire(Time(2999) + 601 * Second);
        Assert.Empty(Numbers(ring, new RingQuery()));
        Assert.True(ring.Counts.PacketsAged > 1000);
        Assert.Equal(0, ring.Counts.PacketsOverwritten);
        Assert.Single(Directory.GetFiles(folder.Path, "*.ring"));
    }

    [Fact]
    public void An_append_allocates_nothing()
    {
        using var folder = new TemporaryFolder();
        using var ring = Ring.Open(folder.Path, s_small);
        Append(ring, 0, 100);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var number = 0; number < 100; number++) Append(ring, number, 100);
        }));
    }

    private static ulong FlowOf(int number) => 0x9e3779b97f4a7c15 * (ulong)(number % 100 + 1);

    private static long Time(int number) => 1_700_000_000 * Second + number * Second / 10;

    private static int NumberOf(in Frame frame) => BitConverter.ToInt32(frame.Bytes);

    private static bool Append(Ring ring, int number, int length, ulong? flow = null)
    {
        Span<byte> bytes = stackalloc byte[length];
        bytes.Fill((byte)number);
        BitConverter.TryWriteBytes(bytes, number);
        fixed (byte* data = bytes)
        {
            var frame = new Frame((nint)data, length, length, Time(number), LinkType.Ethernet);
            return ring.Append(in frame, flow ?? FlowOf(number));
        }
    }

    private static List<int> Numbers(Ring ring, RingQuery query)
    {
        var numbers = new List<int>();
        using var cursor = ring.Find(query);
        while (cursor.MoveNext()) numbers.Add(NumberOf(cursor.Current));
        return numbers;
    }
}
