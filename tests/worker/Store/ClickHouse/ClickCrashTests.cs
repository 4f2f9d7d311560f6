using System.Buffers.Binary;
using NetSniff.Tests.Worker.Store.DuckDb;
using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Tests.Worker.Store.ClickHouse;

/// <summary>The store after its server or its process was killed, or an answer was lost.</summary>
public sealed class ClickCrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, int> Steps => new()
    {
        { nameof(CommitStep.Rows), 0 },
        { nameof(CommitStep.Rows), 3 },
        { nameof(CommitStep.Marks), 0 },
        { nameof(CommitStep.Claim), 0 },
    };

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Steps))]
    public void An_answer_that_is_lost_doubles_and_loses_nothing(string step, int after)
    {
        var breaks = new Breaking(step, after, () => new ClickException(ClickException.NoAnswer, "the line was cut"));
        using var store = Open(breaks);
        Commit(store, 1);
        breaks.IsArmed = true;
        StoreAppender.Append(store, 3);
        var error = Assert.Throws<IOException>(store.Commit);
        Assert.Contains("does not answer: the line was cut", error.Message);

        // The pump reads its log again. Only where the marks were written was the batch stored.
        Assert.Equal(step != nameof(CommitStep.Claim), StoreAppender.Append(store, 3));
        Commit(store, 4);
        StoreAppender.AssertWhole(store, 5);
        Assert.Equal(StoreAppender.RecordsOfBatch * 5, store.Counts.Records);
        using var again = Open();
        StoreAppender.AssertWhole(again, 5);
        Assert.Equal(StoreAppender.RecordsOfBatch * 5, again.Counts.Records);
    }

    [Theory, MemberData(nameof(Steps))]
    public void A_crash_at_any_step_of_a_commit_doubles_and_loses_nothing(string step, int after)
    {
        var breaks = new Breaking(step, after, () => new InvalidOperationException("crash"));
        using (var store = Open(breaks))
        {
            Commit(store, 1);
            breaks.IsArmed = true;
            StoreAppender.Append(store, 3);
            Assert.Throws<InvalidOperationException>(store.Commit);
        }

        using var again = Open();
        Assert.Equal(step == nameof(CommitStep.Claim) ? 3ul : 2ul, again.Stored[StoreAppender.Lane]);
        StoreAppender.AssertWhole(again, again.Stored[StoreAppender.Lane]);
        StoreAppender.Append(again, 3);
        Commit(again, 4);
        StoreAppender.AssertWhole(again, 5);
    }

    [Fact]
    public void An_insert_that_arrives_late_does_not_count()
    {
        var server = ClickHouseServer.Shared;
        var database = server.AddressFor(_folder.Path).Database;
        using (var store = Open()) Commit(store, 1);
        using var again = Open();
        Commit(again, 3);
        // As the next commit of the first session would have been, rows and marks.
        var late = $"SELECT max(ns_commit) FROM {database}.flow_rows WHERE ns_commit < 8589934592";
        var commit = long.Parse(server.Ask(late), null) + 1;
        var columns = server.Ask("SELECT arrayStringConcat(groupArray(name), ', ') FROM system.columns "
            + $"WHERE database = '{database}' AND table = 'flow_rows' AND name != 'ns_commit'");
        Assert.Equal("", server.Ask($"INSERT INTO {database}.flow_rows (ns_commit, {columns}) "
            + $"SELECT toUInt64({commit}), {columns} FROM {database}.flow_rows"));
        Assert.Equal("", server.Ask($"INSERT INTO {database}.store_marks VALUES (1, 99, {commit})"));
        StoreAppender.AssertWhole(again, 4);
        var count = again.Kinds.Single(kind => kind.Kind == "flow").Records.ToString(null, null);
        Assert.Equal(count, server.Ask($"SELECT count() FROM {database}.flow"));

        using var third = Open();
        Assert.Equal(4ul, third.Stored[StoreAppender.Lane]);
        StoreAppender.AssertWhole(third, 4);
        Assert.Equal(count, server.Ask($"SELECT count() FROM {database}.flow_rows"));
    }

    [Fact]
    public void Whoever_opens_the_database_later_has_it()
    {
        using var first = Open();
        Commit(first, 1);
        using var second = Open();
        Assert.Equal(2ul, second.Stored[StoreAppender.Lane]);
        StoreAppender.Append(first, 3);
        var error = Assert.Throws<IOException>(first.Commit);
        Assert.Contains("another worker has opened this database", error.Message);
        // It does not take it back, or both would go on for ever.
        Assert.Throws<IOException>(() => StoreAppender.Append(first, 3));
        Assert.Throws<IOException>(() => first.Expire(0));
        Commit(second, 3);
        StoreAppender.AssertWhole(second, 4);
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(9, 41)]
    [InlineData(15, 73)]
    public void A_killed_worker_has_what_it_said_and_takes_the_rest_once(ulong atLeast, int moreMilliseconds)
    {
        var address = ClickHouseServer.Shared.AddressFor(_folder.Path);
        using var child = ChildProcess.Start(
            "clickhouse-appender", $"clickhouse://{address.User}@{address.Server.Authority}/{address.Database}");
        var said = Said(child, atLeast);
        Thread.Sleep(moreMilliseconds);
        child.Kill();
        child.WaitForExit();
        said = Math.Max(said, Said(child, ulong.MaxValue));

        using var store = Open();
        var stored = store.Stored.GetValueOrDefault(StoreAppender.Lane);
        Assert.True(stored >= said, $"{said} was said, {stored} is stored");
        for (ulong batch = 1; batch <= stored; batch++) Assert.False(StoreAppender.Append(store, batch));
        Commit(store, stored + 1);
        StoreAppender.AssertWhole(store, stored + 2);
    }

    [Fact]
    public async Task A_server_that_is_killed_while_it_is_written_has_what_it_said_and_takes_the_rest_once()
    {
        Assert.SkipWhen(ClickHouseServer.Binary is null, ClickHouseServer.Absent);
        using var server = new ClickHouseServer();
        server.Start();
        var clock = new FixedClock(StoreContractTests.Start);
        using var store = new ClickHouseStore(server.Options(_folder.Path, clock) with
        {
            ConnectMax = TimeSpan.FromSeconds(1),
        });
        Commit(store, 1);
        ulong next = 3;
        foreach (var milliseconds in (int[])[40, 90, 160])
        {
            var killing = Task.Run(() =>
            {
                Thread.Sleep(milliseconds);
                server.Kill();
            });
            Assert.Throws<IOException>(() =>
            {
                for (; next < 100_000; next += 2) Commit(store, next);
            });
            await killing;
            // While it is away: said so each time, and what is stored is still known.
            var error = Assert.Throws<IOException>(() => Commit(store, next));
            Assert.Contains("does not answer", error.Message);
            Assert.Throws<IOException>(() => StoreContractTests.ReadAll(store));
            server.Start();
            var stored = AppendedAgain(store, next);
            Assert.InRange(stored, next - 1, next + 1);
            next = stored + 1;
            StoreAppender.AssertWhole(store, stored);
        }

        Commit(store, next);
        StoreAppender.AssertWhole(store, next + 1);
    }

    [Fact]
    public void A_server_that_stands_still_and_then_does_what_it_was_told_doubles_nothing()
    {
        Assert.SkipWhen(ClickHouseServer.Binary is null, ClickHouseServer.Absent);
        using var server = new ClickHouseServer();
        server.Start();
        var options = server.Options(_folder.Path, new FixedClock(StoreContractTests.Start));
        using var store = new ClickHouseStore(options with { AnswerMax = TimeSpan.FromSeconds(3) });
        Commit(store, 1);
        server.Signal("STOP");
        StoreAppender.Append(store, 3);
        // The block has left, and nobody knows what will become of it.
        Assert.Contains("no answer within 3 s", Assert.Throws<IOException>(store.Commit).Message);
        server.Signal("CONT");
        for (var tries = 1; store.Stored[StoreAppender.Lane] < 3; tries++)
        {
            try
            {
                StoreAppender.Append(store, 3);
                store.Commit();
            }
            catch (IOException) when (tries < 20)
            {
                // As the pump does: again.
            }
        }

        Commit(store, 4);
        StoreAppender.AssertWhole(store, 5);
        using var again = new ClickHouseStore(options);
        StoreAppender.AssertWhole(again, 5);
    }

    /// <summary>As the pump does: all that is not known to be stored comes again.</summary>
    private static ulong AppendedAgain(ClickHouseStore store, ulong next)
    {
        StoreAppender.Append(store, next);
        store.Commit();
        return store.Stored[StoreAppender.Lane];
    }

    private ClickHouseStore Open(Breaking? breaks = null) => new(
        ClickHouseServer.Shared.Options(_folder.Path, new FixedClock(StoreContractTests.Start)) with
        {
            Before = breaks is null ? null : breaks.At,
        });

    private static void Commit(ClickHouseStore store, ulong first)
    {
        StoreAppender.Append(store, first);
        StoreAppender.Append(store, first + 1);
        store.Commit();
    }

    private static ulong Said(System.Diagnostics.Process child, ulong atLeast)
    {
        var bytes = new byte[8];
        ulong said = 0;
        while (said < atLeast
            && child.StandardOutput.BaseStream.ReadAtLeast(bytes, 8, throwOnEndOfStream: false) == 8)
        {
            said = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        return said;
    }

    /// <summary>Fails once, at the nth time that a step comes.</summary>
    private sealed class Breaking(string step, int after, Func<Exception> failure)
    {
        private int _seen;

        public bool IsArmed { get; set; }

        public void At(CommitStep at)
        {
            if (!IsArmed || at.ToString() != step || _seen++ < after) return;
            IsArmed = false;
            throw failure();
        }
    }
}
