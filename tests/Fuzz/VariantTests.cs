using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Variants;
using NetSniff.Pipeline;

namespace NetSniff.Tests.Fuzz;

/// <summary>The same connections carried in other ways say the same. `make variants` is the long one.</summary>
public sealed class VariantTests
{
    private static readonly string[] s_samples =
    [
        "gen/http1-pipelining.pcap", "gen/http1-chunked-trailer-request-and-response.pcap",
        "gen/http2-continuation.pcap",
        "gen/websocket-plain-fragmented-ping-64bit-length.pcap", "gen/tls1_2-client-cert.pcap",
        "gen/tls1_3-clienthello-fragmented-records.pcap", "gen/grpc-unary-three-streams-status-0-and-5.pcap",
    ];

    public static TheoryData<string> Kinds => [.. VariantKinds.All.Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Handmade_connections_say_the_same(string kind) => Holds(Handmade.Capture(), kind);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Connections_of_the_corpus_say_the_same(string kind)
    {
        foreach (var sample in s_samples)
        {
            Holds(LoadedCapture.Read(Corpus.Need(["dev", .. sample.Split('/')])).Frames, kind);
        }
    }

    [Fact]
    public void An_answer_whose_end_was_lost_is_partial()
    {
        // The client acknowledges what we did not see.
        var segments = Handmade.Segments(OneExchange, 1).ToList();
        var answer = segments.FindLastIndex(segment => segment.Payload.Length > 0);
        segments[answer] = segments[answer] with { Payload = segments[answer].Payload[..^5] };
        using var slots = new GuardedSlots(Shard.BatchMax);
        var (records, counters) = ShardRun.Read([.. segments.Select(FrameBuilder.Ethernet)], slots);
        Assert.Equal(5, counters.Streams.GapBytes);
        Assert.True(records.Single(record => record.Kind == "http").IsPartial);
    }

    [Fact]
    public void What_overtakes_the_first_segment_of_an_answer_waits_for_it()
    {
        // Data in the SYN opens the connection before the server's first sequence number is known.
        var all = Handmade.Segments(OneExchange, 1).ToList();
        var request = all.First(segment => segment.Payload.Length > 0);
        var answer = all.Last(segment => segment.Payload.Length > 0);
        var (head, rest) = (answer.Payload[..10], answer.Payload[10..]);
        all[0] = all[0] with { Payload = request.Payload };
        all.Remove(request);
        var at = all.IndexOf(answer);
        all[at] = answer with { Payload = rest, Sequence = answer.Sequence + 10 };
        all.Insert(at + 1, answer with { Payload = head });
        using var slots = new GuardedSlots(Shard.BatchMax);
        var records = ShardRun.Read([.. all.Select(FrameBuilder.Ethernet)], slots).Records;
        var line = records.Single(record => record.Kind == "http").Line;
        Assert.Contains("http.status=200", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_the_sequence_space_away_is_old()
    {
        var segments = Handmade.Segments(Handmade.Talks[0], 1).ToList();
        var first = segments.First(segment => segment.Payload.Length > 0);
        var far = first.Sequence + (uint)first.Payload.Length + 0x8000_0000;
        segments.Insert(segments.IndexOf(first) + 1, first with { Sequence = far });
        using var slots = new GuardedSlots(Shard.BatchMax);
        var (records, counters) = ShardRun.Read([.. segments.Select(FrameBuilder.Ethernet)], slots);
        Assert.Contains(records, record => record.Kind == "http");
        Assert.Equal(1, counters.Streams.SegmentsOld);
    }

    private static Talk OneExchange => Handmade.Talks[0] with { Sayings = [.. Handmade.Talks[0].Sayings.Take(2)] };

    private static void Holds(IReadOnlyList<CapturedFrame> frames, string kind)
    {
        using var slots = new GuardedSlots(Shard.BatchMax);
        var outcomes = VariantRun.Of(frames, seed: 1, slots, each => each.Name == kind);
        Assert.NotNull(outcomes);
        foreach (var outcome in outcomes) Assert.Empty(outcome.Differences);
    }
}
