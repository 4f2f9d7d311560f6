namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Which record kind becomes which EVE event. A kind without a line here is not part of EVE output.</summary>
internal static class EveProjections
{
    /// <summary>By <see cref="Records.RecordInfo.Name"/>.</summary>
    public static IReadOnlyDictionary<string, EveProjection> ByKind { get; } = new Dictionary<string, EveProjection>
    {
        ["dns"] = DnsEve.Write,
        ["http"] = HttpEve.Write,
        ["tls"] = TlsEve.Write,
        ["quic"] = QuicEve.Write,
        ["websocket"] = WebSocketEve.Write,
        ["flow"] = FlowEve.Write,
        ["finding"] = FindingEve.Write,
    };
}
