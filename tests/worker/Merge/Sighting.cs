using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Tests.Worker.Merge;

/// <summary>A flow record of one interface.</summary>
internal sealed record Sighting(
    string Node, string Name, long FirstNanos, (ulong ToServer, ulong ToClient) Packets,
    (ulong ToServer, ulong ToClient) Bytes)
{
    public Sighting(string node, string name, long first, ulong sent, ulong got, ulong sentBytes, ulong gotBytes)
        : this(node, name, first, (sent, got), (sentBytes, gotBytes))
    {
    }

    public TunnelKind Tunnel { get; init; }

    public uint TunnelId { get; init; }

    public ulong FlowId { get; init; } = 9;

    public ushort ClientPort { get; init; } = 41822;

    /// <summary>Seen in the place of the server, with port 80.</summary>
    public string? Service { get; init; }

    public bool IsReversed { get; init; }

    public bool IsMidstream { get; init; }

    public (ulong ToServer, ulong ToClient) Payload { get; init; } = (2_000, 48_000);

    public (uint Client, uint Server) Peers { get; init; }

    public void Emit(RecordSink sink)
    {
        ref var head = ref sink.Context;
        head = default;
        (head.Client, head.Server) = (Address.FromBytes([10, 1, 0, 5]), Address.FromBytes([10, 2, 0, 6]));
        (head.ClientPort, head.ServerPort, head.Protocol) = (ClientPort, 8080, IpProtocol.Tcp);
        if (Service is not null)
        {
            head.Server = Address.FromBytes(System.Net.IPAddress.Parse(Service).GetAddressBytes());
            head.ServerPort = 80;
        }

        (head.ClientPeer, head.ServerPeer) = Peers;
        if (IsReversed)
        {
            (head.Client, head.Server) = (head.Server, head.Client);
            (head.ClientPort, head.ServerPort) = (head.ServerPort, head.ClientPort);
            (head.ClientPeer, head.ServerPeer) = (head.ServerPeer, head.ClientPeer);
        }

        (head.Tunnel, head.TunnelId, head.FlowId) = (Tunnel, TunnelId, FlowId);
        head.Interface = Origins.Add(Node, Name);
        var record = new FlowRecord
        {
            FirstNanos = FirstNanos,
            LastNanos = FirstNanos + 1_000_000_000,
            PacketsToServer = Packets.ToServer,
            PacketsToClient = Packets.ToClient,
            BytesToServer = Bytes.ToServer,
            BytesToClient = Bytes.ToClient,
            PayloadToServer = Payload.ToServer,
            PayloadToClient = Payload.ToClient,
            End = FlowEnd.Finished,
            IsTcp = true,
            IsMidstream = IsMidstream,
        };
        sink.Emit(in record, FirstNanos);
    }
}
