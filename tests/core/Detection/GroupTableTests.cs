using NetSniff.Detection;

namespace NetSniff.Tests.Detection;

public class GroupTableTests
{
    [Fact]
    public void Groups_keep_their_state_while_there_is_room()
    {
        var table = new GroupTable<int>(groupsMax: 1 << 14, new StateBudget());
        for (var group = 1; group <= 2000; group++)
        {
            table.Get(Key(group), out var isNew) = group;
            Assert.True(isNew);
        }

        for (var group = 1; group <= 2000; group++)
        {
            Assert.Equal(group, table.Get(Key(group), out var isNew));
            Assert.False(isNew);
        }

        Assert.Equal((2000, 0L), (table.Count, table.Evicted));
    }

    [Fact]
    public void Without_room_the_one_untouched_for_longest_goes_and_is_counted()
    {
        var table = new GroupTable<int>(groupsMax: 64, new StateBudget());
        for (var group = 1; group <= 10_000; group++)
        {
            table.Get(Key(0), out var isNew) = -1;
            Assert.Equal(group == 1, isNew);
            table.Get(Key(group), out _) = group;
        }

        Assert.InRange(table.Count, 32, 64);
        Assert.Equal(10_001 - table.Count, table.Evicted);
    }

    [Fact]
    public void Without_memory_it_stays_small()
    {
        var budget = new StateBudget(bytesMax: 4096);
        var table = new GroupTable<long>(groupsMax: 1 << 14, budget);
        for (var group = 1; group <= 10_000; group++) table.Get(Key(group), out _) = group;
        Assert.InRange(table.Count, 32, 256);
        Assert.True(budget.Refused > 0);
        Assert.Equal(10_000, table.Get(Key(10_000), out _));
    }

    [Fact]
    public void Keys_tell_values_apart_by_what_they_are_and_where_they_end()
    {
        static GroupKey Of(params string[] texts)
        {
            var hash = new KeyHash();
            foreach (var text in texts) hash.Add(System.Text.Encoding.UTF8.GetBytes(text));
            return hash.Key;
        }

        GroupKey[] keys =
        [
            Of(), Of(""), Of("", ""), Of("a"), Of("a", ""), Of("", "a"), Of("ab"), Of("a", "b"), Of("ba"), Of("b", "a"),
            Of("abcdefgh"), Of("abcdefg", "h"), Of("abcdefgh", ""), Of("abcdefghi"), Of("abcdefgh\0"),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(100_000, Enumerable.Range(0, 100_000).Select(Key).Distinct().Count());
        Assert.Equal(100_000, Enumerable.Range(0, 100_000).Select(value => Key(value).First).Distinct().Count());
    }

    private static GroupKey Key(int value)
    {
        var hash = new KeyHash();
        hash.Add((ulong)value);
        return hash.Key;
    }
}
