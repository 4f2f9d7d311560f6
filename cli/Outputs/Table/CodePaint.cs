using NetSniff.Flows;

namespace NetSniff.Cli.Outputs.Table;

/// <summary>Colours of the codes that say how something went: green for well, yellow for the client's fault, red for
/// the server's.</summary>
internal static class CodePaint
{
    public static Paint Of(string field, ulong code) => field switch
    {
        "http.status" => code >= 500 ? Paint.Red : code >= 400 ? Paint.Yellow : Paint.Green,
        // What HTTP would say with a status of 500 or more: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
        // UNAVAILABLE and DATA_LOSS, as OpenTelemetry counts them.
        "grpc.status" => code == 0 ? Paint.Green : code is 2 or 4 or 12 or 13 or 14 or 15 ? Paint.Red : Paint.Yellow,
        "dns.rcode" => code == 0 ? Paint.Green : code == ServerFailure ? Paint.Red : Paint.Yellow,
        "flow.end" => code == (ulong)FlowEnd.Reset ? Paint.Yellow : Paint.Dim,
        _ => Paint.Plain,
    };

    /// <summary>The same for codes that a record has by name.</summary>
    public static Paint Of(string field, ReadOnlySpan<byte> name)
    {
        if (field != "dns.rcode_name") return Paint.Plain;
        return name.SequenceEqual("NOERROR"u8) ? Paint.Green : name.SequenceEqual("SERVFAIL"u8) ? Paint.Red : Paint.Yellow;
    }

    private const ulong ServerFailure = 2; // RFC 1035 section 4.1.1
}
