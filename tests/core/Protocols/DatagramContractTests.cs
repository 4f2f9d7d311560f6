using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols;

/// <summary>What every protocol over datagrams promises.</summary>
public sealed class DatagramContractTests
{
    private const int Seed = 1035;

    /// <summary>Protocols that allocate per connection, and why, and where that is counted.</summary>
    private static readonly Dictionary<string, string> s_allocating = new(StringComparer.Ordinal)
    {
        ["quic"] = "the library's AES makes an object per key and call: QuicRobustnessTests counts them",
    };

    [Fact]
    public void A_lost_datagram_leaves_no_wrong_value() => Lose(Samples.Datagrams);

    [Fact]
    public void A_lost_datagram_leaves_no_wrong_value_in_the_corpus() => Lose(Samples.Shared(Transport.Datagram));

    [Fact]
    public void Changed_bytes_never_throw() => Mutate(Samples.Datagrams, rounds: 200);

    [Fact]
    public void Changed_bytes_never_throw_in_the_corpus() => Mutate(Samples.Shared(Transport.Datagram), rounds: 5);

    [Fact]
    public void Every_cut_is_survived()
    {
        foreach (var sample in Samples.Datagrams)
        {
            var run = new DatagramRun(sample.Owner);
            foreach (var (direction, bytes) in sample.Said)
            {
                for (var length = 1; length <= bytes.Length; length++)
                {
                    run.Start(sample.ClientPort, sample.ServerPort);
                    run.Say(bytes.AsSpan(0, length), direction);
                    run.End();
                }

                run.Forget();
            }
        }
    }

    /// <summary>A snap length is the capture's doing, not the peer's.</summary>
    [Fact]
    public void What_a_capture_cut_is_partial_and_not_malformed() => Cut(Samples.Datagrams, step: 1);

    [Fact]
    public void What_a_capture_cut_is_partial_and_not_malformed_in_the_corpus() =>
        Cut(Samples.Shared(Transport.Datagram), step: 13);

    [Fact]
    public void Reset_leaves_no_trace()
    {
        foreach (var group in Samples.Datagrams.GroupBy(sample => sample.Owner))
        {
            var fresh = group.ToDictionary(sample => sample, sample => new DatagramRun(group.Key).Tell(sample).Records);
            var run = new DatagramRun(group.Key);
            foreach (var first in group)
            {
                foreach (var second in group)
                {
                    run.Start(first.ClientPort, first.ServerPort);
                    foreach (var (direction, bytes) in first.Said.SkipLast(1)) run.Say(bytes, direction);
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
        foreach (var sample in Samples.Datagrams.Where(sample => !s_allocating.ContainsKey(sample.OwnerName)))
        {
            var run = new DatagramRun(sample.Owner);
            var said = sample.Said.ToArray();
            void Round()
            {
                run.Start(sample.ClientPort, sample.ServerPort);
                foreach (var (direction, bytes) in said)
                {
                    if (!run.Say(bytes, direction)) break;
                }

                run.End();
                run.Sink.Clear();
            }

            Round();
            Round();
            Assert.True(Allocations.Least(Round) == 0, $"{sample.Name} allocates");
        }
    }

    [Fact]
    public void Samples_say_something() =>
        Assert.All(Samples.Datagrams, sample => Assert.NotEmpty(new DatagramRun(sample.Owner).Tell(sample).Records));

    private static void Lose(IEnumerable<Sample> samples)
    {
        foreach (var sample in samples)
        {
            var run = new DatagramRun(sample.Owner);
            run.Tell(sample);
            var truth = new RecordTruth(run.Sink, areAllPartial: true);
            run.Forget();
            for (var without = 0; without < Math.Min(sample.Said.Count, 40); without++)
            {
                run.Tell(sample, without);
                truth.Check(run.Sink, $"{sample.Name} without datagram {without}");
                run.Forget();
            }
        }
    }

    private static void Cut(IEnumerable<Sample> samples, int step)
    {
        foreach (var sample in samples)
        {
            var run = new DatagramRun(sample.Owner);
            run.Tell(sample);
            var truth = new RecordTruth(run.Sink);
            var isMalformed = IsAny(run, RecordTraits.Malformed);
            run.Forget();
            var longest = sample.Said.Max(static said => said.Bytes.Length);
            for (var kept = 1; kept < longest; kept += step)
            {
                run.TellCut(sample, kept);
                Assert.True(
                    isMalformed || !IsAny(run, RecordTraits.Malformed),
                    $"{sample.Name} cut at {kept}: {string.Join('\n', run.Records)}");
                truth.CheckCut(run.Sink, $"{sample.Name} cut at {kept}");
                run.Forget();
            }
        }
    }

    private static bool IsAny(DatagramRun run, RecordTraits traits)
    {
        foreach (var record in new RecordWalker(run.Sink.Bytes))
        {
            if ((record.Header.Traits & traits) != 0) return true;
        }

        return false;
    }

    private static void Mutate(IEnumerable<Sample> samples, int rounds)
    {
        foreach (var sample in samples)
        {
            var run = new DatagramRun(sample.Owner);
            var random = new Random(Seed);
            for (var round = 0; round < rounds; round++)
            {
                run.Start(sample.ClientPort, sample.ServerPort);
                foreach (var (direction, bytes) in sample.Said)
                {
                    run.Say(random.Next(2) == 0 ? Mutations.Of(bytes, random) : bytes, direction);
                }

                run.End();
                run.Sink.Clear();
            }
        }
    }
}
