using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Merge;

/// <summary>The two ends, whichever was taken for the client. Nothing of how the packets were carried: a tunnel's inner
/// addresses are the same as those at its ends.</summary>
internal readonly record struct ConnectionKey(Address Low, ushort LowPort, Address High, ushort HighPort, byte Protocol)
{
    public static ConnectionKey Of(in RecordHeader header)
    {
        var order = header.Client.CompareTo(header.Server);
        if (order == 0) order = header.ClientPort.CompareTo(header.ServerPort);
        return order <= 0
            ? new(header.Client, header.ClientPort, header.Server, header.ServerPort, header.Protocol)
            : new(header.Server, header.ServerPort, header.Client, header.ClientPort, header.Protocol);
    }
}

/// <summary>A place that packets pass: an interface, and in what they are wrapped there.</summary>
internal readonly record struct Vantage(
    ushort Interface, TunnelKind Tunnel, uint TunnelId, ushort OuterVlan, ushort InnerVlan)
{
    public static Vantage Of(in RecordHeader header) =>
        new(header.Interface, header.Tunnel, header.TunnelId, header.OuterVlan, header.InnerVlan);
}
