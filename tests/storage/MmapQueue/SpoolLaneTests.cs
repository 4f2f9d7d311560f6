using System.Buffers.Binary;
using NetSniff.Storage.MmapQueue;

namespace NetSniff.Tests.Storage.MmapQueue;

/// <summary>Lanes that come, go, and hand their entries on.</summary>
public class SpoolLaneTests
{
    private static readonly QueueOptions s_options = new() { SegmentBytes = 64 * 1024, BytesMax = 16 * 64 * 1024 };

    [Fact]
    public void A_spool_is_the_same_one_after_a_restart_with_the_lanes_it_had()
    {
        using var folder = new TemporaryFolder();
        string id;
        using (var spool = Spool.Open(folder.Path, s_options))
        {
            id = spool.Id;
            Append(spool, "w-0", 1, 2, 3);
            Append(spool, "w-1", 4);
        }

        using var again = Spool.Open(folder.Path, s_options);
        Assert.Equal(32, again.Id.Length);
        Assert.Equal(id, again.Id);
        Assert.Equal(["w-0/flows", "w-1/flows"], again.Lanes.Select(lane => lane.Name));
        Assert.Equal([1, 2, 3], Waiting(again, "w-0"));
        Assert.Equal([4], Waiting(again, "w-1"));
    }

    [Fact]
    public void Two_spools_in_one_folder_cannot_be()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        Assert.Throws<IOException>(() => Spool.Open(folder.Path, s_options));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    public void A_worker_whose_name_is_no_folder_gets_no_lane(string worker)
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        Assert.Throws<ArgumentException>(() => spool.Lane(worker, SpoolPriority.Flows));
    }

    [Fact]
    public void A_lane_that_is_back_uses_no_number_twice()
    {
        using var folder = new TemporaryFolder();
        using (var spool = Spool.Open(folder.Path, s_options))
        {
            Append(spool, "w-0", 1, 2, 3);
            var lane = spool.Lanes[0];
            Assert.False(spool.TryRemove(lane));
            using (var reader = lane.Queue.OpenReader()) reader.Acknowledge(3);

            Assert.True(spool.TryRemove(lane));
            Assert.Empty(spool.Lanes);
            Assert.False(Directory.Exists(lane.Queue.Folder));
            Assert.Equal(4ul, Append(spool, "w-0", 4));
            using (var reader = spool.Lanes[0].Queue.OpenReader()) reader.Acknowledge(4);
        }

        using var again = Spool.Open(folder.Path, s_options);
        Assert.Equal(5ul, Append(again, "w-0", 5));
        Assert.Equal(4ul, Append(again, "w-9", 6));
        Assert.Equal(4, again.Counts().RecordsArrived);
        Assert.Equal(2, again.Counts().Records);
    }

    [Fact]
    public void Entries_move_whole_and_in_order_and_counts_add_up()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        Append(spool, "w-0", 1, 2, 3);
        Append(spool, "w-1", 4);
        var (from, to) = (spool.Lanes[0], spool.Lanes[1]);
        while (spool.TryMove(from, to))
        {
        }

        Assert.Empty(Waiting(spool, "w-0"));
        Assert.Equal([4, 1, 2, 3], Waiting(spool, "w-1"));
        Assert.True(spool.TryRemove(from));
        var counts = spool.Counts();
        Assert.Equal((4, 0, 0), (counts.Records, counts.RecordsArrived, counts.RecordsDropped));
    }

    [Fact]
    public void A_lane_may_be_given_new_numbers()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        Append(spool, "w-0", 1, 2);
        var lane = spool.Lanes[0];
        Assert.True(spool.TryMove(lane, lane));
        Assert.True(spool.TryMove(lane, lane));
        Assert.Equal([1, 2], Waiting(spool, "w-0"));
        Assert.Equal(2ul, lane.Queue.Acknowledged);
        Assert.Equal(5ul, lane.Queue.Next);
    }

    /// <summary>Moves that are cut short after any of their steps.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_move_that_was_cut_short_leaves_the_entry_in_one_lane(bool wasAppended)
    {
        using var folder = new TemporaryFolder();
        using (var spool = Spool.Open(folder.Path, s_options))
        {
            Append(spool, "w-0", 1, 2);
            Append(spool, "w-1", 3);
        }

        // As TryMove does it, without its end.
        using (var state = SpoolState.TryOpen(folder.Path)!) state.BeginMove("w-0/flows", 1, "w-1/flows", 2, 1);
        if (wasAppended)
        {
            var path = Path.Combine(folder.Path, "lanes", "w-1", "flows");
            using var queue = NetSniff.Storage.MmapQueue.MmapQueue.Open(path, s_options);
            Assert.Equal(AppendStatus.Stored, queue.TryAppend(Payload(1), 1, 1, 0, out var sequence));
            Assert.Equal(2ul, sequence);
        }

        using var again = Spool.Open(folder.Path, s_options);
        Assert.Equal(wasAppended ? [2] : [1, 2], Waiting(again, "w-0"));
        Assert.Equal(wasAppended ? [3, 1] : [3], Waiting(again, "w-1"));
        Assert.Equal(3, again.Counts().Records);
        Assert.Equal(0, again.Counts().RecordsArrived);
    }

    [Fact]
    public void Where_no_file_can_be_made_entries_are_refused_and_what_waits_stays()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        Fill(spool, "w-0", 3);
        var queue = spool.Lane("w-1", SpoolPriority.Flows).Queue;
        var inTheWay = Path.Combine(queue.Folder, "0000000000000001.seg");
        Directory.CreateDirectory(inTheWay);
        Assert.Equal(AppendStatus.Full, spool.Append("w-1", SpoolPriority.Flows, Payload(1), 1, 1, 0, out _));
        Assert.NotNull(spool.Problem);
        Assert.Equal((3, 1, 0), (spool.Counts().Records, spool.Counts().RecordsRefused, spool.Counts().RecordsDropped));

        Directory.Delete(inTheWay);
        Assert.Equal(1ul, Append(spool, "w-1", 1));
        Assert.Null(spool.Problem);
    }

    [Fact]
    public void A_move_that_a_power_cut_cut_short_leaves_the_entry_where_it_was()
    {
        using var folder = new TemporaryFolder();
        using (var spool = Spool.Open(folder.Path, s_options))
        {
            Append(spool, "w-0", 1, 2);
            Append(spool, "w-1", 3);
        }

        using (var state = SpoolState.TryOpen(folder.Path)!) state.BeginMove("w-0/flows", 1, "w-1/flows", 2, 1);
        using (var position = QueuePosition.TryOpen(Path.Combine(folder.Path, "lanes", "w-1", "flows"))!)
        {
            position.Enter(boot: 12345);
        }

        using var again = Spool.Open(folder.Path, s_options);
        Assert.Equal([1, 2], Waiting(again, "w-0"));
        Assert.Equal([3], Waiting(again, "w-1"));
    }

    [Fact]
    public void What_was_sent_and_not_acknowledged_is_known_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        using (var spool = Spool.Open(folder.Path, s_options))
        {
            Append(spool, "w-0", 1, 2, 3, 4, 5);
            using var reader = spool.Lanes[0].Queue.OpenReader();
            spool.Lanes[0].Queue.MarkSent(4);
            reader.Acknowledge(2);
        }

        using var again = Spool.Open(folder.Path, s_options);
        Assert.Equal([3, 4], again.Lanes[0].Queue.InDoubt());
    }

    [Fact]
    public void Within_a_priority_the_biggest_lane_makes_room_and_idle_files_go_first()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        Fill(spool, "idle", 1);
        using (var reader = spool.Lanes[0].Queue.OpenReader()) reader.Acknowledge(1);

        Fill(spool, "small", 4);
        Fill(spool, "big", 26);
        Assert.Equal(0, spool.Lanes.Sum(lane => lane.Queue.Counts().RecordsDropped));
        Fill(spool, "new", 8);
        Assert.Equal(0, spool.Lanes[0].Queue.BytesOnDisk);
        Assert.Equal(0, Lane("small").Queue.Counts().RecordsDropped);
        Assert.True(Lane("big").Queue.Counts().RecordsDropped > 0);
        Assert.Equal(38, spool.Counts().Records + spool.Counts().RecordsDropped);

        SpoolLane Lane(string worker) => spool.Lanes.Single(lane => lane.Worker == worker);
    }

    private static void Fill(Spool spool, string worker, int entries)
    {
        for (; entries > 0; entries--)
        {
            var status = spool.Append(worker, SpoolPriority.Flows, new byte[30_000], 1, 1, 0, out _);
            Assert.Equal(AppendStatus.Stored, status);
        }
    }

    private static ulong Append(Spool spool, string worker, params ReadOnlySpan<int> values)
    {
        var last = 0ul;
        foreach (var value in values)
        {
            Assert.Equal(
                AppendStatus.Stored, spool.Append(worker, SpoolPriority.Flows, Payload(value), 1, 1, 0, out last));
        }

        return last;
    }

    private static byte[] Payload(int value)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(payload, value);
        return payload;
    }

    private static List<int> Waiting(Spool spool, string worker)
    {
        using var reader = spool.Lane(worker, SpoolPriority.Flows).Queue.OpenReader();
        var values = new List<int>();
        while (reader.TryRead(out var entry)) values.Add(BinaryPrimitives.ReadInt32LittleEndian(entry.Payload));
        return values;
    }
}
