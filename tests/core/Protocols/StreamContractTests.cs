using NetSniff.Protocols;

namespace NetSniff.Tests.Protocols;

/// <summary>What every protocol over streams promises: cuts, holes, noise and other connections change nothing but
/// what was really lost.</summary>
public sealed class StreamContractTests
{
    private const int Seed = 7541;

    private static readonly int[] s_pieces = [1, 2, 3, 7, 1448];

    [Fact]
    public void Any_chopping_gives_the_same_records() => Chop(Samples.Streams, randomRounds: 5);

    [Fact]
    public void Any_chopping_gives_the_same_records_in_the_corpus() => Chop(Samples.Shared(Transport.Stream), 1);

    [Fact]
    public void A_gap_leaves_no_wrong_value() => Tear(Samples.Streams, holes: 60);

    [Fact]
    public void A_gap_leaves_no_wrong_value_in_the_corpus() => Tear(Samples.Shared(Transport.Stream), holes: 4);

    [Fact]
    public void Changed_bytes_never_throw() => Mutate(Samples.Streams, rounds: 150);

    [Fact]
    public void Changed_bytes_never_throw_in_the_corpus() => Mutate(Samples.Shared(Transport.Stream), rounds: 3);

    [Fact]
    public void Reset_leaves_no_trace()
    {
        foreach (var group in Samples.Streams.GroupBy(sample => sample.Owner))
        {
            var fresh = group.ToDictionary(sample => sample, sample => new StreamRun().Tell(sample).Records);
            var run = new StreamRun();
            foreach (var first in group)
            {
                foreach (var second in group)
                {
                    // The first is cut off in the middle, where it holds most.
                    run.Start(first);
                    foreach (var (side, bytes) in first.Said) run.Say(side, bytes.AsSpan(0, bytes.Length * 2 / 3));
                    run.Forget();
                    Assert.Equal(fresh[second], run.Tell(second).Records);
                    run.Forget();
                }
            }
        }
    }

    [Fact]
    public void A_warm_parser_allocates_nothing()
    {
        foreach (var sample in Samples.Streams)
        {
            var run = new StreamRun();
            var said = sample.Said.ToArray();
            var owner = sample.Owner;
            void Round()
            {
                run.Start(owner, sample.ClientPort, sample.ServerPort);
                foreach (var one in said) run.Say(one.Direction, one.Bytes, 1448);
                run.End();
                run.Forget();
            }

            Round();
            Round();
            Assert.True(Allocations.Least(Round) == 0, $"{sample.Name} allocates");
        }
    }

    [Fact]
    public void Samples_say_something() =>
        Assert.All(Samples.Streams, sample => Assert.NotEmpty(new StreamRun().Tell(sample).Records));

    private static void Chop(IEnumerable<Sample> samples, int randomRounds)
    {
        var run = new StreamRun();
        foreach (var sample in samples)
        {
            var whole = run.Tell(sample).Records;
            run.Forget();
            foreach (var piece in s_pieces)
            {
                var cut = run.Tell(sample, piece).Records;
                Assert.True(
                    whole.SequenceEqual(cut),
                    $"{sample.Name} in {piece}\n{string.Join('\n', cut)}\nand whole\n{string.Join('\n', whole)}");
                run.Forget();
            }

            for (var round = 0; round < randomRounds; round++)
            {
                var random = new Random(Seed + round);
                Assert.Equal(whole, run.Tell(sample, 40 << (2 * round), random).Records);
                run.Forget();
            }
        }
    }

    private static void Tear(IEnumerable<Sample> samples, int holes)
    {
        var run = new StreamRun();
        foreach (var sample in samples)
        {
            run.Tell(sample);
            var truth = new RecordTruth(run.Sink);
            run.Forget();
            var random = new Random(Seed);
            for (var hole = 0; hole < holes; hole++)
            {
                var index = random.Next(sample.Said.Count);
                var length = sample.Said[index].Bytes.Length;
                // The very first byte is what a probe needs: without it nobody reads at all.
                var start = hole % 4 == 0 ? Math.Min(length - 1, index == 0 ? 1 : 0) : random.Next(length);
                if (index == 0 && start == 0) continue;
                var missing = Math.Min(length - start, (hole % 3) switch { 0 => 1, 1 => 100, _ => 1448 });
                TellTorn(run, sample, index, start, missing);
                truth.Check(run.Sink, $"{sample.Name}: {missing} bytes lost at {start} of utterance {index}");
                run.Forget();
            }
        }
    }

    private static void TellTorn(StreamRun run, Sample sample, int torn, int start, int missing)
    {
        run.Start(sample);
        for (var index = 0; index < sample.Said.Count; index++)
        {
            var (direction, bytes) = sample.Said[index];
            if (index != torn)
            {
                run.Say(direction, bytes, 1448);
                continue;
            }

            run.Say(direction, bytes.AsSpan(0, start), 1448);
            run.Lose(direction, missing);
            run.SayMore(direction, bytes.AsSpan(start + missing), 1448);
        }

        run.End();
    }

    private static void Mutate(IEnumerable<Sample> samples, int rounds)
    {
        var run = new StreamRun();
        foreach (var sample in samples)
        {
            var random = new Random(Seed);
            for (var round = 0; round < rounds; round++)
            {
                run.Start(sample);
                foreach (var said in sample.Said)
                {
                    var bytes = random.Next(3) == 0 ? Mutations.Of(said.Bytes, random) : said.Bytes;
                    run.Say(said.Direction, bytes, random.Next(2, 4000), random);
                }

                run.End();
                run.Forget();
            }
        }
    }
}
