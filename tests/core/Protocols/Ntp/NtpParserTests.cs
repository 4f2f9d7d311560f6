using NetSniff.Protocols;
using NetSniff.Protocols.Ntp;
using NetSniff.Records;

namespace NetSniff.Tests.Protocols.Ntp;

public sealed class NtpParserTests
{
    private const long Milli = 1_000_000;

    /// <summary>2024-01-01 00:00:00 UTC, and the same in NTP's seconds since 1900.</summary>
    private const long NowNanos = 1_704_067_200_000_000_000;
    private const string Now = "E93C7F00";

    // Version 4: transmitted at now plus a quarter, all else blank.
    private const string Question = "23 00 06 20 00000000 00000000 00000000" + Blank + Blank + Blank + Now + "40000000";
    private const string Blank = "0000000000000000";

    // Stratum 2 of 192.0.2.1, root delay 1/16 s, dispersion 1/8 s; received at now + 0.5, sent 1/64 s later.
    private const string Answer = "24 02 06 E8 00001000 00002000 C0000201" + Now + "00000000" + Now + "40000000"
        + Now + "80000000" + Now + "84000000";

    private static readonly ProbeHints s_port = new(40000, NtpParser.Port, true);

    private readonly NtpParser _parser = new();
    private readonly RecordSink _sink = TestRecords.NewSink();
    private readonly ParseContext _context;

    public NtpParserTests() => _context = new ParseContext(_sink) { FlowId = 1 };

    [Fact]
    public void Question_and_answer_are_one_record()
    {
        Say(Question, Direction.ToServer, 0);
        Assert.Equal(1u, _context.Slot);
        Say(Answer, Direction.ToClient, 40);
        Has(Line(), "ntp.mode=4 ", "ntp.mode_name=server", "ntp.version=4", "ntp.has_query=true", "ntp.leap=0",
            "ntp.stratum=2", "ntp.refid=192.0.2.1", "ntp.poll=64000000000", "ntp.root.delay=62500000",
            "ntp.root.dispersion=125000000", "ntp.latency=40000000", "ntp.reference=1704067200000000000",
            "ntp.receive=1704067200500000000", "ntp.transmit=1704067200515625000");
        Assert.Equal(0u, _context.Slot);
    }

    [Fact]
    public void Offset_and_delay_are_those_of_section_8()
    {
        // Seen asking at now, answered 40 ms later: 15.625 ms of that in the server, whose middle is 487.8125 ms ahead.
        Say(Question, Direction.ToServer, 0);
        Say(Answer, Direction.ToClient, 40);
        Has(Line(), "ntp.delay=24375000", "ntp.offset=487812500");
    }

    [Fact]
    public void No_offset_without_four_sound_moments()
    {
        Say(Question, Direction.ToServer, 0);
        Say(Answer, Direction.ToClient, 10); // less than the server says it spent
        Assert.DoesNotContain("ntp.offset", Line(), StringComparison.Ordinal);
        _sink.Clear();
        Say(Answer, Direction.ToClient, 20);
        Has(Line(), "!Partial", "ntp.has_query=false");
        Assert.DoesNotContain("ntp.offset", Line(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kiss_of_death_says_why()
    {
        Say(Question, Direction.ToServer, 0);
        Say("E4 00 06 E8 00000000 00000000 52415445" + Blank + Now + "40000000" + Blank + Now + "80000000",
            Direction.ToClient, 5);
        Has(Line(), "ntp.stratum=0", "ntp.leap=3", "ntp.kiss=RATE");
        Assert.DoesNotContain("ntp.refid", Line(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_is_named_by_letters()
    {
        Say(Answer.Replace("24 02", "24 01").Replace("C0000201", "47505300"), Direction.ToClient, 0);
        Has(Line(), "ntp.stratum=1", "ntp.refid=GPS");
    }

    [Fact]
    public void What_was_never_answered_is_told_at_the_end()
    {
        Say(Question, Direction.ToServer, 0);
        Say(Question, Direction.ToServer, 1); // doubled by the network
        _context.NowNanos = NowNanos + 9000 * Milli;
        _parser.EndFlow(_context);
        Has(Line(), "ntp.mode_name=client", "ntp.unanswered=true");
        Assert.Equal(0u, _context.Slot);
    }

    [Fact]
    public void Questions_of_a_flow_are_bounded()
    {
        for (var number = 0; number < 3 * NtpRequests.PerFlowMax; number++)
        {
            Say(Question[..^8] + $"{number + 1:X8}", Direction.ToServer, number);
        }

        Assert.Equal(2 * NtpRequests.PerFlowMax, _sink.Count);
        _parser.EndFlow(_context);
        Assert.Equal(3 * NtpRequests.PerFlowMax, _sink.Count);
    }

    [Fact]
    public void Flows_that_wait_are_bounded_and_places_are_used_again()
    {
        for (var flow = 0; flow < NtpRequests.FlowsMax + 5; flow++)
        {
            _context.Slot = 0;
            Say(Question, Direction.ToServer, 0);
        }

        Assert.Equal((5L, 5), (_parser.RequestsRefused, _sink.Count));
        _context.Slot = 17;
        _parser.EndFlow(_context);
        Say(Question, Direction.ToServer, 0);
        Assert.Equal(17u, _context.Slot);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("00000009 00112233445566778899AABBCCDDEEFF", "ntp.key=9")]
    [InlineData("00000000", "ntp.key=0")] // crypto-NAK
    [InlineData("0104 0014 00112233445566778899AABBCCDDEEFF", "ntp.key=17039380")] // 20 bytes are a digest
    [InlineData("0104 0024 0011223344556677 0011223344556677 0011223344556677 0011223344556677", "ntp.nts=true")]
    public void What_follows_the_header_is_told(string tail, string wanted)
    {
        Say(Answer + tail, Direction.ToClient, 0);
        Has(Line(), wanted);
    }

    [Theory]
    [InlineData("16 02 0001 0000 0000 0000 0000", "ntp_management.mode_name=control", "ntp_management.operation=2")]
    [InlineData("16 82 0001 0000 0000 0000 0004 61626364", "ntp_management.answer=true", "ntp_management.bytes=16")]
    [InlineData("17 00 03 2A 0000 0000", "ntp_management.mode_name=private", "ntp_management.operation=42")]
    [InlineData("97 00 03 2A 0001 0008 0011223344556677", "ntp_management.answer=true", "ntp_management.version=2")]
    public void Management_is_named(string message, params string[] wanted)
    {
        Assert.NotEqual(Verdict.No, NtpParser.Probe(Hex.Bytes(message), Direction.ToServer, s_port));
        Say(message, Direction.ToServer, 0);
        Has(Line(), wanted);
    }

    [Theory]
    [InlineData(Question, 40000, 123, Direction.ToServer, Verdict.Yes)]
    [InlineData(Answer, 40000, 123, Direction.ToClient, Verdict.Yes)]
    [InlineData(Answer, 123, 40000, Direction.ToServer, Verdict.YesReversed)]
    [InlineData(Question, 40000, 11123, Direction.ToServer, Verdict.Yes)]
    [InlineData(Answer, 40000, 11123, Direction.ToClient, Verdict.Yes)]
    [InlineData("23 00 06 20", 40000, 123, Direction.ToServer, Verdict.No)]
    [InlineData("16 02 0001 0000 0000 0000 0000", 40000, 11123, Direction.ToServer, Verdict.No)]
    [InlineData("17 00 03 2A 0000 0000", 40000, 11123, Direction.ToServer, Verdict.No)]
    public void Known_by_its_shape_and_away_from_its_port_by_more(
        string message, int client, int server, Direction direction, Verdict wanted) => Assert.Equal(
        wanted,
        NtpParser.Probe(Hex.Bytes(message), direction, new ProbeHints((ushort)client, (ushort)server, true)));

    /// <summary>One in ten million away from the port would be too many in a day of traffic.</summary>
    [Fact]
    public void Noise_is_not_time()
    {
        var random = new Random(5905);
        var bytes = new byte[NtpMessage.Size];
        var away = new ProbeHints(40000, 40001, true);
        for (var round = 0; round < 200_000; round++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)(0x20 | (bytes[0] & 7)); // as near as chance comes
            Assert.Equal(Verdict.No, NtpParser.Probe(bytes, Direction.ToServer, away));
        }
    }

    [Theory]
    [InlineData(0xE93C_7F00_0000_0000, NowNanos)]
    [InlineData(0x0000_0001_0000_0000, 2_085_978_497_000_000_000)] // just into the era of 2036
    public void Times_are_those_nearest_to_the_capture(ulong timestamp, long nanos) =>
        Assert.Equal(nanos, NtpMessage.TimeNanos(timestamp, NowNanos));

    private void Say(string message, Direction direction, long millis)
    {
        _context.NowNanos = NowNanos + millis * Milli;
        Assert.Equal(DatagramResult.Done, _parser.Parse(Hex.Bytes(message), direction, _context));
    }

    private string Line() => Assert.Single(TestRecords.Lines(_sink));

    private static void Has(string record, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, record, StringComparison.Ordinal));
}
