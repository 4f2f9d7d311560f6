using NetSniff.Packets;

namespace NetSniff.Cli.Commands.Top;

/// <summary>Two ends and what one of them offers: all connections of a client to a service are one talker.</summary>
internal readonly record struct TalkerKey(Address Client, Address Server, ushort Port, byte Protocol)
{
    /// <summary>Of a packet nobody knows who asks: the smaller port is taken for the service's.</summary>
    public static TalkerKey Of(in Packet packet) =>
        packet.SourcePort < packet.TargetPort
            ? new(packet.Target, packet.Source, packet.SourcePort, packet.Protocol)
            : new(packet.Source, packet.Target, packet.TargetPort, packet.Protocol);
}
