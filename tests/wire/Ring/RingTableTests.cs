using NetSniff.Wire.Ring;

namespace NetSniff.Tests.Wire.Ring;

public class RingTableTests
{
    public static TheoryData<int> Sizes => [1, 2, 3, 5, 8, 13, 21, 50];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void No_worker_carries_more_than_the_bound(int workers)
    {
        var counts = Counts(RingTable.Of(Workers(workers)));
        Assert.Equal(workers, counts.Count);
        Assert.True(counts.Values.Max() <= Math.Ceiling(RingTable.LoadMax * RingTable.Buckets / workers));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void One_that_joins_moves_its_share_and_little_more(int workers)
    {
        var (before, after) = (RingTable.Of(Workers(workers)), RingTable.Of(Workers(workers + 1)));
        var moved = Moved(before, after);
        Assert.True(moved <= 1.0 / (workers + 1) * RingTable.LoadMax + 0.02, $"{moved:P1} moved");
        Assert.True(moved > 0);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void One_that_leaves_moves_its_share_and_little_more(int workers)
    {
        if (workers == 1) return;
        var all = Workers(workers).ToList();
        foreach (var gone in all.Take(5))
        {
            var moved = Moved(RingTable.Of(all), RingTable.Of(all.Where(member => member != gone)));
            Assert.True(moved <= 1.0 / workers * RingTable.LoadMax + 0.02, $"{moved:P1} moved without {gone.Name}");
        }
    }

    [Fact]
    public void The_order_in_which_workers_are_known_does_not_matter()
    {
        var workers = Workers(9).ToList();
        Assert.Equal(0, Moved(RingTable.Of(workers), RingTable.Of(Enumerable.Reverse(workers))));
    }

    [Fact]
    public void A_new_address_moves_nothing()
    {
        var workers = Workers(5).ToList();
        var moved = RingTable.Of(workers.Select(worker => worker with { Address = worker.Address + "0" }));
        Assert.Equal(0, Moved(RingTable.Of(workers), moved));
    }

    [Fact]
    public void A_slow_worker_sheds_to_its_neighbours()
    {
        var workers = Workers(4).ToList();
        var before = RingTable.Of(workers);
        var after =
            RingTable.Of(workers.Select(worker => worker.Name == "worker-2" ? worker with { Weight = 20 } : worker));
        Assert.True(Counts(after)["worker-2"] < Counts(before)["worker-2"] / 2);
        Assert.Equal(RingTable.Buckets, Counts(after).Values.Sum());
        // Hardly anything moves between the others.
        var others = Enumerable.Range(0, RingTable.Buckets).Count(bucket =>
            before.OwnerOfBucket(bucket).Name is not "worker-2"
            && before.OwnerOfBucket(bucket).Name != after.OwnerOfBucket(bucket).Name);
        Assert.True(others < RingTable.Buckets / 20, $"{others} moved between the others");
    }

    [Fact]
    public void All_at_weight_nought_is_as_all_at_one()
    {
        var counts = Counts(RingTable.Of(Workers(3).Select(worker => worker with { Weight = 0 })));
        Assert.Equal(RingTable.Buckets, counts.Values.Sum());
    }

    [Fact]
    public void Successors_are_the_others_and_no_owner_is_his_own()
    {
        var table = RingTable.Of(Workers(4));
        for (var bucket = 0; bucket < RingTable.Buckets; bucket += 97)
        {
            var successors = table.Successors(bucket).ToList();
            Assert.Equal(3, successors.Distinct().Count());
            Assert.DoesNotContain(table.OwnerOfBucket(bucket), successors);
        }
    }

    [Fact]
    public void Two_of_one_name_are_refused() =>
        Assert.Throws<ArgumentException>(() => RingTable.Of([new("a", "one:1"), new("a", "two:2")]));

    private static IEnumerable<RingMember> Workers(int count) =>
        Enumerable.Range(0, count).Select(number => new RingMember($"worker-{number}", $"10.0.0.{number}:9444"));

    private static Dictionary<string, int> Counts(RingTable table) => Enumerable.Range(0, RingTable.Buckets)
        .GroupBy(bucket => table.OwnerOfBucket(bucket).Name).ToDictionary(group => group.Key, group => group.Count());

    private static double Moved(RingTable before, RingTable after) => Enumerable.Range(0, RingTable.Buckets)
        .Count(bucket => before.OwnerOfBucket(bucket).Name != after.OwnerOfBucket(bucket).Name) / (double)RingTable.Buckets;
}
