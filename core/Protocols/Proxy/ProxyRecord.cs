using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Protocols.Proxy;

/// <summary>For whom a load balancer passes a connection, or a datagram, on.</summary>
public readonly ref struct ProxyRecord : IRecord
{
    public static RecordInfo Info { get; } = new(
        "proxy",
        "What a load balancer says before the first byte of a client, or before each datagram: the PROXY protocol of "
            + "HAProxy, versions 1 and 2. The ends of the record are the balancer and whom it calls.",
        "for {proxy.client.ip} port {proxy.client.port}  to {proxy.server.ip} port {proxy.server.port}  "
            + "{proxy.authority}",
        "for {proxy.client.ip} port {proxy.client.port}  to {proxy.server.ip} port {proxy.server.port}");

    public byte Version { get; init; }
    public Address Client { get; init; }
    public Address Server { get; init; }
    public ushort ClientPort { get; init; }
    public ushort ServerPort { get; init; }
    public ReadOnlySpan<byte> Authority { get; init; }
    public ReadOnlySpan<byte> Protocol { get; init; }
    public ReadOnlySpan<byte> TlsVersion { get; init; }

    public void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct
    {
        visitor.Number("proxy.version", "Version of the PROXY protocol", Version);
        visitor.Address("proxy.client.ip", "The client's own address, as the balancer tells it", Client);
        visitor.Number("proxy.client.port", "The client's own port", ClientPort);
        visitor.Address("proxy.server.ip", "The address that the client called", Server);
        visitor.Number("proxy.server.port", "The port that the client called", ServerPort);
        visitor.Text("proxy.authority", "Server name the client asked the balancer for", Authority);
        visitor.Text("proxy.alpn", "Application protocol the client and the balancer agreed on", Protocol);
        visitor.Text("proxy.tls_version", "TLS version the client spoke with the balancer", TlsVersion);
    }
}
