using Google.Protobuf;
using NetSniff.Packets;
using NetSniff.Records;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Cutting;

/// <summary>Both directions of a conversation, whichever end is named first.</summary>
internal readonly record struct FlowName(
    Address First, Address Second, ushort FirstPort, ushort SecondPort, byte Protocol, ushort OuterVlan,
    ushort InnerVlan)
{
    public static FlowName Of(in RecordHeader header)
    {
        var order = header.Client.CompareTo(header.Server);
        var isTurned = order > 0 || (order == 0 && header.ClientPort > header.ServerPort);
        return isTurned
            ? new FlowName(
                header.Server, header.Client, header.ServerPort, header.ClientPort, header.Protocol, header.OuterVlan,
                header.InnerVlan)
            : new FlowName(
                header.Client, header.Server, header.ClientPort, header.ServerPort, header.Protocol, header.OuterVlan,
                header.InnerVlan);
    }

    /// <summary>A connection over TCP.</summary>
    public static FlowName OfTcp(System.Net.IPEndPoint one, System.Net.IPEndPoint other) => new(
        Of(one.Address), Of(other.Address), (ushort)one.Port, (ushort)other.Port, IpProtocol.Tcp, 0, 0);

    /// <param name="fromNanos">0 for open, as <paramref name="toNanos"/>.</param>
    public FlowKey Key(long fromNanos, long toNanos) => new()
    {
        Client = Bytes(First),
        Server = Bytes(Second),
        ClientPort = FirstPort,
        ServerPort = SecondPort,
        Protocol = Protocol,
        OuterVlan = OuterVlan,
        InnerVlan = InnerVlan,
        SinceNanos = fromNanos,
        UntilNanos = toNanos,
    };

    private static Address Of(System.Net.IPAddress address) => Address.FromBytes(
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes());

    private static ByteString Bytes(Address address)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        return ByteString.CopyFrom(bytes[..address.CopyTo(bytes)]);
    }
}
