using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Enrich;

namespace NetSniff.Tests.Worker.Enrich;

/// <summary>Random lives of pods that pass few addresses around, asked about at every interesting moment and compared
/// with a model too simple to be wrong.</summary>
public class AddressReuseTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_769_850_000 * Second;
    private const int Addresses = 6;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_reused_address_is_never_somebody_elses(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++) Compare(random, round);
    }

    private static void Compare(Random random, int round)
    {
        var book = new IdentityBook(new IdentityOptions { HistoryMax = TimeSpan.FromDays(365) });
        var story = new Story(random, round);
        for (var step = 0; step < 60; step++)
        {
            story.Step();
            if (random.Next(3) == 0) story.Tell(book);
        }

        story.Tell(book);
        for (var address = 0; address < Addresses; address++)
        {
            foreach (var moment in Moments(story.Lives))
            {
                var peer = Peers.Of(book.Snapshot.Find(At(address), 0, 6, moment));
                Assert.Equal(Expected(story.Lives, address, moment), peer.Label("life"));
            }
        }
    }

    /// <summary>Who has it, else who had it last and not long ago, else nobody.</summary>
    private static string Expected(List<Life> lives, int address, long moment)
    {
        var holders = lives.Where(life =>
            life.Address == address && life.From <= moment && moment < life.Until).ToList();
        Assert.True(holders.Count <= 1);
        if (holders is [var holder]) return holder.Name;

        var before = lives.Where(life => life.Address == address && life.Until <= moment
                && moment < life.Until + IdentitySnapshot.AfterEndNanos && life.Until > life.From)
            .OrderBy(life => life.Until).LastOrDefault();
        return before?.Name ?? "";
    }

    private static IEnumerable<long> Moments(List<Life> lives) => lives
        .SelectMany(life => (long[])[life.From, life.Until, life.Until + IdentitySnapshot.AfterEndNanos])
        .Where(moment => moment is > 0 and < long.MaxValue / 2)
        .SelectMany(moment => (long[])[moment - 1, moment, moment + 1]).Distinct();

    private static Address At(int address) => Address.FromBytes([10, 200, 0, (byte)(address + 1)]);

    /// <summary>Pods that come, go and come again under their names, and what is told of it.</summary>
    private sealed class Story(Random random, int round)
    {
        private readonly Dictionary<int, Life> _alive = [];
        private readonly List<IdentityChange> _waiting = [];
        private long _now = Start;

        public List<Life> Lives { get; } = [];

        public void Step()
        {
            _now += random.Next(0, 4) * Second / 2;
            var name = random.Next(8);
            if (_alive.Remove(name, out var life))
            {
                life.Until = _now;
                // Half of them change hands in one notice, as when a stateful set's pod is made again.
                if (random.Next(2) == 0)
                {
                    _waiting.Add(new IdentityChange(_now, life.Pod, IsGone: true));
                    return;
                }
            }

            Begin(name);
        }

        public void Tell(IdentityBook book)
        {
            book.Apply(_waiting, _now);
            _waiting.Clear();
        }

        private void Begin(int name)
        {
            var address = random.Next(Addresses);
            // Who had it must have gone first: two at once do not come about.
            foreach (var (other, holder) in _alive.Where(one => one.Value.Address == address).ToList())
            {
                holder.Until = _now;
                _alive.Remove(other);
                _waiting.Add(new IdentityChange(_now, holder.Pod, IsGone: true));
            }

            var pod = new PodObject("reuse", $"p{name}")
            {
                Uid = $"{Lives.Count}",
                Addresses = [At(address)],
                // Nothing but this tells who is found: every life has a label of its own.
                Labels = [new("life", $"{round}-{Lives.Count}")],
                FromNanos = random.Next(2) == 0 ? _now : null,
            };
            _waiting.Add(new IdentityChange(_now, pod));
            Lives.Add(_alive[name] = new Life(pod, address, _now));
        }
    }

    private sealed class Life(PodObject pod, int address, long from)
    {
        public PodObject Pod { get; } = pod;

        public int Address { get; } = address;

        public long From { get; } = from;

        public long Until { get; set; } = long.MaxValue / 2;

        public string Name => Pod.Labels[0].Value;
    }
}
