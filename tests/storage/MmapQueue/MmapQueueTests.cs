using System.Buffers.Binary;
using NetSniff.Storage.MmapQueue;
using Queue = NetSniff.Storage.MmapQueue.MmapQueue;

namespace NetSniff.Tests.Storage.MmapQueue;

public class MmapQueueTests
{
    private static readonly QueueOptions s_small = new() { SegmentBytes = 64 * 1024, BytesMax = 64 << 20 };

    [Fact]
    public void Entries_come_back_as_they_went_in()
    {
        using var folder = new TemporaryFolder();
        using var queue = Queue.Open(folder.Path, s_small);
        using var reader = queue.OpenReader();
        Assert.False(reader.TryRead(out _));
        Assert.Equal(AppendStatus.Stored, queue.TryAppend("first"u8, 3, 100, 9, out var one));
        Assert.Equal(AppendStatus.Stored, queue.TryAppend([], 0, 200, 0, out var two));
        Assert.Equal((1ul, 2ul), (one, two));

        Assert.True(reader.TryRead(out var entry));
        Assert.Equal("first"u8, entry.Payload);
        Assert.Equal((1ul, 100L, 3, 9u, false),
            (entry.Sequence, entry.TimeNanos, entry.Records, entry.Kind, entry.IsAfterGap));
        Assert.True(reader.TryRead(out entry));
        Assert.True(entry.Payload.IsEmpty);
        Assert.False(reader.TryRead(out _));
        Assert.Equal(100, queue.Counts().OldestNanos);
        reader.Acknowledge(1);
        Assert.Equal(200, queue.Counts().OldestNanos);
        reader.Acknowledge(2);
        Assert.Equal((0L, 0L, 0L, 3L), (queue.Counts().OldestNanos, queue.Counts().Entries, queue.Counts().Records,
            queue.Counts().RecordsAcknowledged));
    }

    [Fact]
    public void A_payload_longer_than_a_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var queue = Queue.Open(folder.Path, s_small);
        Assert.Equal(AppendStatus.Stored, queue.TryAppend(new byte[s_small.PayloadBytesMax], 1, 1, 0, out _));
        Assert.Equal(AppendStatus.TooLong, queue.TryAppend(new byte[s_small.PayloadBytesMax + 1], 1, 1, 0, out _));
    }

    [Fact]
    public void A_folder_has_one_owner()
    {
        using var folder = new TemporaryFolder();
        using (Queue.Open(folder.Path, s_small))
        {
            Assert.Contains("in use", Assert.Throws<IOException>(() => Queue.Open(folder.Path, s_small)).Message,
                StringComparison.Ordinal);
        }

        Queue.Open(folder.Path, s_small).Dispose();
    }

    [Fact]
    public void At_the_bound_nothing_more_goes_in_until_something_is_acknowledged()
    {
        using var folder = new TemporaryFolder();
        using var queue = Queue.Open(folder.Path, s_small with { BytesMax = 3 * s_small.SegmentBytes });
        using var reader = queue.OpenReader();
        var payload = new byte[30_000];
        ulong last = 0;
        while (queue.TryAppend(payload, 1, 1, 0, out var sequence) == AppendStatus.Stored) last = sequence;
        Assert.Equal(6ul, last);
        Assert.Equal(3 * s_small.SegmentBytes, queue.BytesOnDisk);
        reader.Acknowledge(1);
        Assert.Equal(AppendStatus.Full, queue.TryAppend(payload, 1, 1, 0, out _));
        reader.Acknowledge(2);
        Assert.Equal(AppendStatus.Stored, queue.TryAppend(payload, 1, 1, 0, out var next));
        Assert.Equal(7ul, next);
    }

    /// <summary>Any order of calls does what it does to a list, with the folder closed and opened in between.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void It_behaves_as_a_list_does(int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var (waiting, next, read) = (new List<ulong>(), 1ul, 0ul);
        var buffer = new byte[4096];
        var queue = Queue.Open(folder.Path, s_small);
        var reader = queue.OpenReader();
        for (var step = 0; step < 4000; step++)
        {
            switch (random.Next(100))
            {
                case < 50:
                    queue.TryAppend(QueueAppender.Payload(next, buffer), 1, (long)next, 0, out var sequence);
                    Assert.Equal(next, sequence);
                    waiting.Add(next++);
                    break;
                case < 80:
                    var isThere = reader.TryRead(out var entry);
                    Assert.Equal(waiting.Any(number => number > read), isThere);
                    if (!isThere) break;
                    Assert.Equal(++read, entry.Sequence);
                    Assert.Equal(QueueAppender.Payload(read, buffer), entry.Payload);
                    break;
                case < 95:
                    var through = (ulong)random.NextInt64((long)read + 1);
                    reader.Acknowledge(through);
                    waiting.RemoveAll(number => number <= through);
                    break;
                case < 97:
                    read = waiting is [var first, ..] ? first - 1 : next - 1;
                    reader.Rewind(read);
                    break;
                default:
                    reader.Dispose();
                    queue.Dispose();
                    queue = Queue.Open(folder.Path, s_small);
                    reader = queue.OpenReader();
                    read = waiting is [var kept, ..] ? kept - 1 : next - 1;
                    break;
            }

            Assert.Equal((waiting.Count, waiting.FirstOrDefault()),
                (queue.Counts().Entries, (ulong)queue.Counts().OldestNanos));
            Assert.Equal(waiting.Count, queue.Counts().Records);
            Assert.True(queue.BytesOnDisk <= (waiting.Count / 20 + 3) * s_small.SegmentBytes);
        }

        reader.Dispose();
        queue.Dispose();
    }

    [Fact]
    public void A_torn_end_is_cut_and_what_was_before_it_stays()
    {
        using var folder = new TemporaryFolder();
        byte[] whole;
        long end;
        using (var queue = Queue.Open(folder.Path, s_small))
        {
            for (var number = 0; number < 3; number++) queue.TryAppend("an entry of some length"u8, 1, 1, 0, out _);
        }

        var path = Directory.GetFiles(folder.Path, "*.seg").Single();
        whole = File.ReadAllBytes(path);
        var entryBytes = EntryHeader.Room("an entry of some length"u8.Length);
        end = 3 * entryBytes;
        for (var cut = 2 * entryBytes; cut < end; cut++)
        {
            // As a power cut leaves it: the beginning of the entry is there, the rest is not.
            var torn = whole.ToArray();
            torn.AsSpan(cut).Clear();
            File.WriteAllBytes(path, torn);
            foreach (var later in Directory.GetFiles(folder.Path, "*.seg").Where(file => file != path))
            {
                File.Delete(later);
            }

            var isUnharmed = torn.AsSpan().SequenceEqual(whole);
            using var queue = Queue.Open(folder.Path, s_small);
            using var reader = queue.OpenReader();
            var count = 0;
            while (reader.TryRead(out var entry)) Assert.Equal((ulong)++count, entry.Sequence);
            Assert.Equal(isUnharmed ? 3 : 2, count);
            Assert.Equal(isUnharmed || cut == 2 * entryBytes ? 0 : 1, queue.Counts().TornSegments);
            queue.TryAppend("the next"u8, 1, 1, 0, out var next);
            Assert.Equal((ulong)count + 1, next);
            Assert.True(reader.TryRead(out var added));
            Assert.Equal("the next"u8, added.Payload);
        }
    }

    [Fact]
    public void A_flipped_bit_ends_the_file_there_and_nothing_wrong_is_read()
    {
        using var folder = new TemporaryFolder();
        using (var queue = Queue.Open(folder.Path, s_small))
        {
            for (var number = 0; number < 3; number++) queue.TryAppend("payload"u8, 1, 1, 0, out _);
        }

        var path = Directory.GetFiles(folder.Path, "*.seg").Single();
        var whole = File.ReadAllBytes(path);
        var entryBytes = EntryHeader.Room("payload"u8.Length);
        for (var bit = 0; bit < 8 * (EntryHeader.Size + "payload"u8.Length); bit++)
        {
            var flipped = whole.ToArray();
            flipped[entryBytes + bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(path, flipped);
            using var queue = Queue.Open(folder.Path, s_small);
            using var reader = queue.OpenReader();
            Assert.True(reader.TryRead(out _));
            Assert.False(reader.TryRead(out _));
            Assert.Equal(1, queue.Counts().TornSegments);
        }
    }

    /// <summary>As after a kill between the two.</summary>
    [Fact]
    public void A_file_that_was_counted_as_given_up_and_is_still_there_is_not_given_out()
    {
        using var folder = new TemporaryFolder();
        using (var queue = Queue.Open(folder.Path, s_small))
        {
            for (var number = 0; number < 3; number++) queue.TryAppend(new byte[40_000], 1, 1, 0, out _);
            var path = Directory.GetFiles(folder.Path, "*.seg").Order(StringComparer.Ordinal).First();
            var whole = File.ReadAllBytes(path);
            Assert.True(queue.TryDropOldest());
            File.WriteAllBytes(path, whole);
        }

        using var again = Queue.Open(folder.Path, s_small);
        Assert.Equal((2, 1), (again.Counts().Records, again.Counts().RecordsDropped));
        using var reader = again.OpenReader();
        Assert.True(reader.TryRead(out var entry));
        Assert.Equal(2ul, entry.Sequence);
    }

    [Fact]
    public void After_a_restart_of_the_machine_no_number_is_used_again()
    {
        using var folder = new TemporaryFolder();
        using (var queue = Queue.Open(folder.Path, s_small)) queue.TryAppend("before"u8, 1, 1, 0, out _);
        using (var position = QueuePosition.TryOpen(folder.Path)!) position.Enter(boot: 12345);

        using var again = Queue.Open(folder.Path, s_small);
        again.TryAppend("after"u8, 1, 1, 0, out var sequence);
        Assert.Equal(2 + Queue.SequenceJump, sequence);
        using var reader = again.OpenReader();
        Assert.True(reader.TryRead(out var entry));
        Assert.False(entry.IsAfterGap);
        Assert.True(reader.TryRead(out entry));
        Assert.True(entry.IsAfterGap);
    }

    [Fact]
    public void A_jump_in_numbering_outlives_a_run_that_appended_nothing()
    {
        using var folder = new TemporaryFolder();
        using (var queue = Queue.Open(folder.Path, s_small)) queue.TryAppend("before"u8, 1, 1, 0, out _);
        using (var position = QueuePosition.TryOpen(folder.Path)!) position.Enter(boot: 12345);
        using (var idle = Queue.Open(folder.Path, s_small)) idle.ForgetSent();

        using var again = Queue.Open(folder.Path, s_small);
        again.TryAppend("after"u8, 1, 1, 0, out var sequence);
        Assert.Equal(2 + Queue.SequenceJump, sequence);
    }

    [Fact]
    public void Numbers_that_were_skipped_stay_so_after_a_run_that_appended_nothing()
    {
        using var folder = new TemporaryFolder();
        using (var queue = Queue.Open(folder.Path, s_small))
        {
            queue.TryAppend("before"u8, 1, 1, 0, out _);
            queue.SkipTo(70);
            queue.ForgetSent();
            queue.Sync();
        }

        using var again = Queue.Open(folder.Path, s_small);
        Assert.Equal(71ul, again.Next);
    }

    [Fact]
    public void Counts_may_be_asked_for_when_it_has_ended()
    {
        using var folder = new TemporaryFolder();
        var queue = Queue.Open(folder.Path, s_small);
        for (var entry = 1; entry <= 3; entry++) queue.TryAppend("entry"u8, 1, 100 * entry, 0, out _);
        using (var reader = queue.OpenReader()) reader.Acknowledge(1);
        queue.Dispose();
        Assert.Equal((2L, 200L), (queue.Counts().Records, queue.Counts().OldestNanos));
    }

    [Fact]
    public void Half_a_position_falls_back_to_the_one_before()
    {
        using var folder = new TemporaryFolder();
        using (var position = QueuePosition.TryOpen(folder.Path)!)
        {
            position.Acknowledge(5, 5);
            position.Acknowledge(9, 4);
        }

        var path = folder["position"];
        var bytes = File.ReadAllBytes(path);
        // The second write went to the copy of its turn: 2, so the first.
        bytes[8] ^= 0xff;
        File.WriteAllBytes(path, bytes);
        using var found = QueuePosition.TryOpen(folder.Path)!;
        Assert.Equal((5ul, 5L), (found.Acknowledged, found.RecordsAcknowledged));
    }

    /// <summary>The process is killed at moments nobody chose. What it said it had stored is there, once, in order.
    /// </summary>
    [Fact]
    public async Task Nothing_that_was_stored_is_lost_when_the_process_is_killed()
    {
        using var folder = new TemporaryFolder();
        var total = 0ul;
        for (var round = 0; round < 5; round++)
        {
            using var child = ChildProcess.Start("queue-appender", folder[$"{round}"]);
            var said = await KillAfterAsync(child, entriesMin: 500 + 777 * round);
            var buffer = new byte[4096];
            using var queue = Queue.Open(folder[$"{round}"], QueueAppender.Options);
            using var reader = queue.OpenReader();
            var found = 0ul;
            while (reader.TryRead(out var entry))
            {
                Assert.Equal(++found, entry.Sequence);
                Assert.Equal(QueueAppender.Payload(found, buffer), entry.Payload);
            }

            // One more may have been stored and not yet said.
            Assert.InRange(found, said, said + 1);
            total += found;
        }

        Assert.True(total > 5000);
    }

    private static async Task<ulong> KillAfterAsync(System.Diagnostics.Process child, int entriesMin)
    {
        var stream = child.StandardOutput.BaseStream;
        var word = new byte[8];
        var said = 0ul;
        while (await stream.ReadAtLeastAsync(word, 8, throwOnEndOfStream: false) == 8)
        {
            said = BinaryPrimitives.ReadUInt64LittleEndian(word);
            if (said == (ulong)entriesMin) child.Kill();
        }

        await child.WaitForExitAsync();
        Assert.True(said >= (ulong)entriesMin, $"the child ended after {said}");
        return said;
    }
}
