using NetSniff.Flows;
using NetSniff.Protocols.Dns;
using NetSniff.Protocols.Dtls;
using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http1;
using NetSniff.Protocols.WebSocket;
using NetSniff.Protocols.Http2;
using NetSniff.Protocols.Quic;
using NetSniff.Protocols.Ntp;
using NetSniff.Protocols.Proxy;
using NetSniff.Protocols.Tls;
using NetSniff.Records;

namespace NetSniff.Protocols;

/// <summary>One line of the list.</summary>
public sealed unsafe class ProtocolEntry
{
    public required ProtocolInfo Info { get; init; }

    public required delegate*<ReadOnlySpan<byte>, Direction, ProbeHints, Verdict> Probe { get; init; }

    /// <summary>Which first bytes may be its own.</summary>
    public required IReadOnlyList<bool> MayBegin { get; init; }

    public Func<StreamParser>? CreateStream { get; init; }

    public Func<DatagramParser>? CreateDatagram { get; init; }

    public static ProtocolEntry Stream<T>() where T : StreamParser, IProtocol, new() =>
        new() { Info = T.Info, Probe = &T.Probe, MayBegin = Beginnings<T>(), CreateStream = static () => new T() };

    public static ProtocolEntry Datagram<T>() where T : DatagramParser, IProtocol, new() =>
        new() { Info = T.Info, Probe = &T.Probe, MayBegin = Beginnings<T>(), CreateDatagram = static () => new T() };

    private static bool[] Beginnings<T>() where T : IProtocol
    {
        var may = new bool[byte.MaxValue + 1];
        for (var first = 0; first < may.Length; first++) may[first] = T.MayBegin((byte)first);
        return may;
    }
}

/// <summary>Every protocol we read and every record it makes, in the order they are tried. Adding one is adding its
/// lines.</summary>
public static class Protocols
{
    public static IReadOnlyList<ProtocolEntry> All { get; } =
    [
        ProtocolEntry.Datagram<QuicParser>(),
        ProtocolEntry.Datagram<DtlsParser>(),
        ProtocolEntry.Datagram<MdnsParser>(),
        ProtocolEntry.Datagram<LlmnrParser>(),
        ProtocolEntry.Datagram<DnsParser>(),
        ProtocolEntry.Stream<DnsStreamParser>(),
        ProtocolEntry.Stream<Http1Parser>(),
        ProtocolEntry.Stream<WebSocketParser>(),
        ProtocolEntry.Stream<Http2Parser>(),
        ProtocolEntry.Stream<TlsParser>(),
        ProtocolEntry.Datagram<NtpParser>(),
    ];

    /// <summary>Record kinds; the order gives their numbers, so append.</summary>
    public static IReadOnlyList<RecordSchema> Records { get; } =
    [
        RecordKinds.Register<FlowRecord>(),
        RecordKinds.Register<HttpRecord>(),
        RecordKinds.Register<DnsRecord>(),
        RecordKinds.Register<WebSocketRecord>(),
        RecordKinds.Register<TlsRecord>(),
        RecordKinds.Register<QuicRecord>(),
        RecordKinds.Register<NtpRecord>(),
        RecordKinds.Register<NtpManagementRecord>(),
        RecordKinds.Register<ConnectionRecord>(),
        RecordKinds.Register<FindingRecord>(),
        RecordKinds.Register<ProxyRecord>(),
    ];
}
