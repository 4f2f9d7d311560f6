namespace NetSniff.Cli.Outputs;

/// <summary>Names of numbers on the wire, for display; records keep the numbers.</summary>
internal static class NumberNames
{
    // https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
    private static readonly string[] s_grpc =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    // IANA, DNS RCODEs.
    private static readonly string[] s_rcode =
    [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
        "NOTZONE",
    ];

    private static readonly string[] s_flowEnd =
        ["", "finished", "reset", "idle", "active timeout", "evicted", "capture ended"];

    private static readonly Dictionary<string, string[]> s_byField = new(StringComparer.Ordinal)
    {
        ["grpc.status"] = s_grpc,
        ["dns.rcode"] = s_rcode,
        ["flow.end"] = s_flowEnd,
        ["connection.end"] = s_flowEnd,
    };

    /// <summary>The names of a field's values, or null where its numbers speak for themselves.</summary>
    public static IReadOnlyList<string>? For(string field) => s_byField.GetValueOrDefault(field);
}
