using NetSniff.Records;

namespace NetSniff.Protocols.Ntp;

/// <summary>One question for the time with its answer, or a message that asks for none.</summary>
public readonly ref struct NtpRecord : IRecord
{
    private const long NanosPerSecond = 1_000_000_000;

    public static RecordInfo Info { get; } = new(
        "ntp",
        "One question for the time with its answer; or one broadcast or symmetric message.",
        "kiss of death {ntp.kiss}",
        "{ntp.mode_name}  stratum {ntp.stratum~2}  {ntp.refid~1}  offset {ntp.offset}  {ntp.latency}",
        "{ntp.mode_name} v{ntp.version}{ntp.unanswered?  (no answer)}");

    /// <summary>The answer, where one came.</summary>
    internal NtpMessage Message { get; init; }

    /// <summary>When <see cref="Message"/> was seen.</summary>
    public long NowNanos { get; init; }
    public ReadOnlySpan<byte> Reference { get; init; }
    public ReadOnlySpan<byte> Kiss { get; init; }
    public bool HasRequest { get; init; }
    public bool IsUnanswered { get; init; }
    public long LatencyNanos { get; init; }
    public bool HasLatency { get; init; }

    /// <summary>In the server: from receipt to transmission.</summary>
    private long ServerNanos => (long)((Message.Transmit - Message.Receive >> 2) * NanosPerSecond >> 30);

    /// <summary>The server's clock against the clock of the capture, RFC 5905 section 8: the moments of question and
    /// answer are those they were captured at, since many clients send chance instead of their time.</summary>
    private long OffsetNanos =>
        ((NtpMessage.TimeNanos(Message.Receive, NowNanos) - (NowNanos - LatencyNanos))
            + (NtpMessage.TimeNanos(Message.Transmit, NowNanos) - NowNanos)) / 2;

    /// <summary>An answer spent no time before it came, nor longer in the server than on the whole way.</summary>
    private bool IsTimed =>
        HasLatency && Message is { Stratum: > 0, Receive: not 0 }
        && Message.Transmit - Message.Receive < NtpMessage.Second << 4
        && ServerNanos <= LatencyNanos;

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        var message = Message;
        var isServing = message.Mode is not (0 or NtpMode.Client);
        var isTimed = IsTimed;
        visitor.Number("ntp.mode", "Mode of the answer, or of the message alone: 3 client, 4 server, 5 broadcast …",
            message.Mode);
        visitor.Text("ntp.mode_name", "Mode by name", NtpMode.Name(message.Mode));
        visitor.Number("ntp.version", "Protocol version", message.Version);
        visitor.Flag("ntp.has_query", "The question was seen", HasRequest);
        visitor.Flag("ntp.unanswered", "No answer was seen", IsUnanswered, IsUnanswered);
        visitor.Number("ntp.leap", "Leap second warning: 0 none, 1 and 2 one more or less, 3 not synchronised",
            message.Leap);
        visitor.Number("ntp.stratum", "Hops from a reference clock; 0 unknown, 16 not synchronised", message.Stratum,
            isServing);
        visitor.Text("ntp.refid", "What the server is synchronised to: letters of a clock, or an address", Reference);
        visitor.Text("ntp.kiss", "Kiss code: why the server refuses (RATE, DENY, RSTR …)", Kiss);
        visitor.Duration("ntp.poll", "Time between polls that the sender keeps", PowerNanos(message.Poll),
            message.Poll != 0);
        visitor.Duration("ntp.precision", "Precision of the sender's clock", PowerNanos(message.Precision),
            message.Precision is < 0 and > -30);
        visitor.Duration("ntp.root.delay", "Round trip from the server to its reference clock",
            NtpMessage.ShortNanos(message.RootDelay), isServing);
        visitor.Duration("ntp.root.dispersion", "How far off the server may be, by its own account",
            NtpMessage.ShortNanos(message.RootDispersion), isServing);
        visitor.Time("ntp.reference", "When the sender's clock was last set",
            NtpMessage.TimeNanos(message.Reference, NowNanos), isServing && message.Reference != 0);
        visitor.Time("ntp.receive", "When the server got the question, by its clock",
            NtpMessage.TimeNanos(message.Receive, NowNanos), isServing && message.Receive != 0);
        visitor.Time("ntp.transmit", "When the server sent its message, by its clock",
            NtpMessage.TimeNanos(message.Transmit, NowNanos), isServing && message.Transmit != 0);
        visitor.Duration("ntp.latency", "From the question to the answer", LatencyNanos, HasLatency);
        visitor.Duration("ntp.delay", "Of that, time spent on the way", LatencyNanos - ServerNanos, isTimed);
        visitor.Duration("ntp.offset", "How far the server's clock is ahead of the capture's (negative: behind)",
            isTimed ? OffsetNanos : 0, isTimed);
        visitor.Number("ntp.extensions", "Extension fields", (ulong)message.Extensions, message.Extensions > 0);
        visitor.Flag("ntp.nts", "Secured by Network Time Security", message.HasNts, message.HasNts);
        visitor.Number("ntp.key", "Number of the key the message is signed with", message.KeyId, message.MacBytes > 0);
    }

    private static long PowerNanos(sbyte exponent) => exponent >= 0
        ? NanosPerSecond << Math.Min((int)exponent, 30)
        : NanosPerSecond >> Math.Min(-exponent, 62);
}
