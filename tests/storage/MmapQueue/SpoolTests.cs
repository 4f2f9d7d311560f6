using NetSniff.Storage.MmapQueue;

namespace NetSniff.Tests.Storage.MmapQueue;

public class SpoolTests
{
    private const string Worker = "w-1";
    private const int RecordsEach = 10;

    private static readonly QueueOptions s_options = new() { SegmentBytes = 64 * 1024, BytesMax = 8 * 64 * 1024 };

    [Fact]
    public void The_least_important_makes_room_and_every_loss_is_counted()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        var appended = new long[4];
        Append(spool, SpoolPriority.Samples, 40, appended);
        Append(spool, SpoolPriority.Flows, 4, appended);
        Assert.Equal(0, spool.Lane(Worker, SpoolPriority.Flows).Queue.Counts().RecordsDropped);
        Assert.True(spool.Lane(Worker, SpoolPriority.Samples).Queue.Counts().RecordsDropped > 0);

        // Findings displace samples first, then flows, and never the other way round.
        Append(spool, SpoolPriority.Findings, 14, appended);
        Assert.Equal(0, spool.Lane(Worker, SpoolPriority.Samples).Queue.Counts().Records);
        Append(spool, SpoolPriority.Findings, 100, appended);
        Assert.Equal(0, spool.Lane(Worker, SpoolPriority.Flows).Queue.Counts().Records);
        Assert.True(spool.Lane(Worker, SpoolPriority.Findings).Queue.Counts().RecordsDropped > 0);
        var status = spool.Append(Worker, SpoolPriority.Flows, new byte[30_000], RecordsEach, 1, 0, out _);
        Assert.Equal(AppendStatus.Full, status);

        Assert.True(spool.BytesOnDisk <= s_options.BytesMax);
        Assert.Equal(RecordsEach, spool.RecordsRefused);
        foreach (var priority in Enum.GetValues<SpoolPriority>())
        {
            var counts = spool.Lane(Worker, priority).Queue.Counts();
            Assert.Equal(appended[(int)priority], counts.Records + counts.RecordsDropped);
            Assert.Equal(appended[(int)priority], counts.RecordsAppended);
        }
    }

    [Fact]
    public void What_was_given_up_is_not_read_and_the_reader_is_told()
    {
        using var folder = new TemporaryFolder();
        using var spool = Spool.Open(folder.Path, s_options);
        using var reader = spool.Lane(Worker, SpoolPriority.Flows).Queue.OpenReader();
        Append(spool, SpoolPriority.Flows, 2, new long[4]);
        Assert.True(reader.TryRead(out _));
        Append(spool, SpoolPriority.Flows, 40, new long[4]);
        Assert.True(reader.TryRead(out var entry));
        Assert.True(entry.IsAfterGap);
        var waiting = spool.Lane(Worker, SpoolPriority.Flows).Queue.Counts().Entries;
        var read = 1;
        while (reader.TryRead(out entry))
        {
            Assert.False(entry.IsAfterGap);
            read++;
        }

        Assert.Equal(waiting, read);
    }

    /// <summary>A real file system of 1 MiB that is really full.</summary>
    [Fact]
    public void A_full_disk_costs_the_least_important_and_never_the_process()
    {
        using var disk = SmallDisk.Mount(kibibytes: 1024);
        using var spool = Spool.Open(Path.Combine(disk.Path, "spool"), s_options with { BytesMax = 1L << 30 });
        var appended = new long[4];
        Append(spool, SpoolPriority.Samples, 100, appended);
        Append(spool, SpoolPriority.Transactions, 10, appended);
        Append(spool, SpoolPriority.Findings, 2, appended);
        Assert.Equal(0, spool.Lane(Worker, SpoolPriority.Transactions).Queue.Counts().RecordsDropped);
        Assert.Equal(0, spool.Lane(Worker, SpoolPriority.Findings).Queue.Counts().RecordsDropped);
        var samples = spool.Lane(Worker, SpoolPriority.Samples).Queue.Counts();
        Assert.True(samples.RecordsDropped > 0);
        Assert.Equal(appended[(int)SpoolPriority.Samples], samples.Records + samples.RecordsDropped);
    }

    private static void Append(Spool spool, SpoolPriority priority, int entries, long[] appended)
    {
        var payload = new byte[30_000];
        for (var entry = 0; entry < entries; entry++)
        {
            Assert.Equal(AppendStatus.Stored, spool.Append(Worker, priority, payload, RecordsEach, 1, 0, out _));
            appended[(int)priority] += RecordsEach;
        }
    }
}
