using System.Buffers.Binary;
using NetSniff.Tests.Storage;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Worker.Store.DuckDb;

/// <summary>The store after its process was killed and its disk was full.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(3, 0)]
    [InlineData(9, 7)]
    [InlineData(15, 19)]
    [InlineData(30, 3)]
    public void A_killed_store_has_what_it_said_and_takes_the_rest_once(ulong atLeast, int moreMilliseconds)
    {
        using var folder = new TemporaryFolder();
        var said = KilledAfter(folder.Path, atLeast, moreMilliseconds);
        using (var store = StoreAppender.Open(folder.Path))
        {
            var stored = store.Stored.GetValueOrDefault(StoreAppender.Lane);
            Assert.True(stored >= said, $"{said} was said, {stored} is stored");
            for (ulong batch = 1; batch <= stored; batch++) Assert.False(StoreAppender.Append(store, batch));
            for (var batch = stored + 1; batch <= stored + 10; batch++) Assert.True(StoreAppender.Append(store, batch));
            store.Commit();
            StoreAppender.AssertWhole(store, stored + 10);
        }

        using var again = StoreAppender.Open(folder.Path);
        StoreAppender.AssertWhole(again, again.Stored[StoreAppender.Lane]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(90)]
    public void A_crash_between_hours_and_books_doubles_and_loses_nothing(int minutesLater)
    {
        using var folder = new TemporaryFolder();
        using (var store = StoreAppender.Open(folder.Path)) CommitTwo(store, 1);
        using (var store = StoreAppender.Open(folder.Path, () => throw new InvalidOperationException("crash")))
        {
            Assert.Throws<InvalidOperationException>(() => CommitTwo(store, 3));
        }

        // What had no hour may have one by now, and the other way round.
        var clock = new FixedClock(StoreContractTests.Start + minutesLater * 60 * StoreContractTests.Second);
        using (var store = StoreAppender.Open(folder.Path, clock: clock))
        {
            Assert.Equal(2ul, store.Stored[StoreAppender.Lane]);
            // Nothing goes that is not settled, or its batches would come again.
            Assert.Equal(0, store.Expire(StoreContractTests.Start + 180 * StoreContractTests.Hour));
            Assert.True(StoreAppender.Append(store, 3));
            store.Commit();
            Assert.True(StoreAppender.Append(store, 4));
            store.Commit();
            StoreAppender.AssertWhole(store, 4);
        }

        using var again = StoreAppender.Open(folder.Path);
        StoreAppender.AssertWhole(again, 4);
    }

    [Fact]
    public void A_full_disk_keeps_what_was_committed_and_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(12 * 1024);
        var filler = Path.Combine(disk.Path, "filler");
        var store = StoreAppender.Open(disk.Path);
        try
        {
            CommitTwo(store, 1);
            using (var file = new FileStream(filler, FileMode.Create)) Fill(file);
            ulong next = 3;
            var error = Assert.Throws<IOException>(() =>
            {
                for (; next < 2000; next += 2) CommitTwo(store, next);
            });
            Assert.Contains("cannot be written", error.Message);
            Assert.ThrowsAny<IOException>(() => CommitTwo(store, next));

            File.Delete(filler);
            Assert.Equal(next - 1, store.Stored[StoreAppender.Lane]);
            CommitTwo(store, next);
            StoreAppender.AssertWhole(store, next + 1);
        }
        finally
        {
            store.Dispose();
        }
    }

    [Fact]
    public void What_is_too_old_goes_from_a_full_disk_and_is_counted_later()
    {
        using var disk = SmallDisk.Mount(12 * 1024);
        using var store = StoreAppender.Open(disk.Path);
        CommitTwo(store, 1);
        var held = store.Counts.Records;
        using (var file = new FileStream(Path.Combine(disk.Path, "filler"), FileMode.Create)) Fill(file, leave: 0);
        var tomorrow = StoreContractTests.Start + 200 * StoreContractTests.Hour;
        var dropped = store.Expire(tomorrow);
        Assert.InRange(dropped, 1, held);
        Assert.Equal((held - dropped, dropped), (store.Counts.Records, store.Counts.RecordsExpired));
        Assert.DoesNotContain(
            Directory.GetFiles(disk.Path, "*.duckdb"),
            path => path.Contains("2026-03-01T12", StringComparison.Ordinal));

        File.Delete(Path.Combine(disk.Path, "filler"));
        store.Expire(tomorrow);
        Assert.Equal((held - dropped, dropped), (store.Counts.Records, store.Counts.RecordsExpired));
        CommitTwo(store, 3);
    }

    private static void CommitTwo(DuckDbStore store, ulong first)
    {
        Assert.True(StoreAppender.Append(store, first));
        Assert.True(StoreAppender.Append(store, first + 1));
        store.Commit();
    }

    /// <summary>Takes all the room there is but little.</summary>
    private static void Fill(FileStream file, int leave = 256 * 1024)
    {
        var block = new byte[64 * 1024];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            file.SetLength(Math.Max(0, file.Length - leave));
        }
    }

    private static ulong KilledAfter(string folder, ulong atLeast, int moreMilliseconds)
    {
        using var child = ChildProcess.Start("store-appender", folder);
        var bytes = new byte[8];
        ulong said = 0;
        while (said < atLeast)
        {
            child.StandardOutput.BaseStream.ReadExactly(bytes);
            said = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        // Somewhere between two commits, or within one.
        Thread.Sleep(moreMilliseconds);
        child.Kill();
        child.WaitForExit();
        while (child.StandardOutput.BaseStream.ReadAtLeast(bytes, 8, throwOnEndOfStream: false) == 8)
        {
            said = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        return said;
    }
}
