using System.Text.Json;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Tests.Pipeline;

/// <summary>bench/budgets.json, held on a small trace; `make bench` holds it on millions of packets.</summary>
public sealed class AllocationBudgetTests
{
    private const long PauseNanos = 7_200L * 1_000_000_000;

    [Fact]
    public void A_warm_shard_allocates_what_the_budget_says()
    {
        var budget =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "bench", "budgets.json"))).RootElement;
        var trace = new SmallTrace(conversations: 100);
        var records = new Counting();
        using var shard = new Shard(new ShardOptions(), records);
        long start = 1_700_000_000_000_000_000;

        // Made before, so that only the shard is counted; an hour and more apart, so that all flows ended between.
        var rounds = new Queue<Frame[]>();
        for (var round = 0; round < 12; round++) rounds.Enqueue(trace.From(start += PauseNanos));
        shard.Run(rounds.Dequeue());

        var least = Allocations.Least(() => shard.Run(rounds.Dequeue()));
        shard.Finish();

        // Per conversation: a flow and an exchange on the web, a flow and a question at the resolver.
        Assert.Equal(0, records.Count % (4 * 100));
        Assert.True(records.Count >= 2 * 4 * 100);
        Assert.Equal(budget.GetProperty("allocated_per_packet").GetDouble(), (double)least / trace.Count);
        Assert.Equal(budget.GetProperty("allocated_per_record").GetDouble(), (double)least / (4 * 100));
    }

    private sealed class Counting : RecordConsumer
    {
        public int Count { get; private set; }

        public override void Consume(ReadOnlySpan<byte> records, int count) => Count += count;
    }
}
