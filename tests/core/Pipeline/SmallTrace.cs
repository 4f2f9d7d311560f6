using System.Buffers.Binary;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Tests.Pipeline;

/// <summary>Frames made in memory: web connections with handshake and close, and questions to a resolver.</summary>
internal sealed class SmallTrace
{
    private const int FrameBytesMax = 512;
    private const int IpSize = 20, TcpSize = 20, UdpSize = 8, EthernetSize = 14;

    private readonly byte[] _bytes;
    private readonly List<(int Start, int Length)> _places = [];
    private int _used;

    public SmallTrace(int conversations)
    {
        _bytes = GC.AllocateArray<byte>(conversations * 12 * FrameBytesMax, pinned: true);
        for (var number = 0; number < conversations; number++)
        {
            AddWeb((ushort)(20_000 + number));
            AddQuestion((ushort)(20_000 + number), (ushort)(number * 7));
        }
    }

    public int Count => _places.Count;

    /// <summary>The frames a millisecond apart.</summary>
    public unsafe Frame[] From(long nanos)
    {
        var frames = new Frame[Count];
        fixed (byte* bytes = _bytes)
        {
            // The array is pinned for good, so the addresses stay true.
            for (var index = 0; index < Count; index++)
            {
                var (start, length) = _places[index];
                frames[index] = new Frame(
                    (nint)(bytes + start), length, length, nanos + index * 1_000_000L, LinkType.Ethernet);
            }
        }

        return frames;
    }

    private void AddWeb(ushort port)
    {
        var request = Encoding.ASCII.GetBytes($"GET /cart/{port} HTTP/1.1\r\nHost: shop\r\nUser-Agent: till/2\r\n\r\n");
        var response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray();
        var (client, server) = (1000u + port, 9000u + port);
        const TcpFlags Ack = TcpFlags.Ack;
        AddTcp(port, isToServer: true, client, 0, TcpFlags.Syn, []);
        AddTcp(port, isToServer: false, server, client + 1, TcpFlags.Syn | Ack, []);
        AddTcp(port, isToServer: true, client + 1, server + 1, Ack, []);
        AddTcp(port, isToServer: true, client + 1, server + 1, Ack | TcpFlags.Psh, request);
        client += 1 + (uint)request.Length;
        AddTcp(port, isToServer: false, server + 1, client, Ack | TcpFlags.Psh, response);
        server += 1 + (uint)response.Length;
        AddTcp(port, isToServer: true, client, server, Ack | TcpFlags.Fin, []);
        AddTcp(port, isToServer: false, server, client + 1, Ack | TcpFlags.Fin, []);
        AddTcp(port, isToServer: true, client + 1, server + 1, Ack, []);
    }

    private void AddQuestion(ushort port, ushort id)
    {
        byte[] name = [4, .. "shop"u8, 3, .. "svc"u8, 0, 0, 1, 0, 1];
        byte[] head = [(byte)(id >> 8), (byte)id];
        AddUdp(port, isToServer: true, [.. head, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name]);
        AddUdp(port, isToServer: false,
            [.. head, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. name, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 9]);
    }

    private void AddTcp(ushort port, bool isToServer, uint sequence, uint acknowledged, TcpFlags flags, byte[] payload)
    {
        var at = AddIp(IpProtocol.Tcp, isToServer, TcpSize + payload.Length);
        AddPorts(at, port, 80, isToServer);
        BinaryPrimitives.WriteUInt32BigEndian(at[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], acknowledged);
        at[12] = TcpSize / 4 << 4;
        at[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(at[14..], 8192);
        payload.CopyTo(at[TcpSize..]);
    }

    private void AddUdp(ushort port, bool isToServer, byte[] payload)
    {
        var at = AddIp(IpProtocol.Udp, isToServer, UdpSize + payload.Length);
        AddPorts(at, port, 53, isToServer);
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], (ushort)(UdpSize + payload.Length));
        payload.CopyTo(at[UdpSize..]);
    }

    private static void AddPorts(Span<byte> at, ushort client, ushort server, bool isToServer)
    {
        BinaryPrimitives.WriteUInt16BigEndian(at, isToServer ? client : server);
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], isToServer ? server : client);
    }

    /// <summary>Where the transport header begins.</summary>
    private Span<byte> AddIp(byte protocol, bool isToServer, int length)
    {
        var frame = _bytes.AsSpan(_used, EthernetSize + IpSize + length);
        _places.Add((_used, frame.Length));
        _used += frame.Length;
        frame[12] = 8;
        var ip = frame[EthernetSize..];
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(IpSize + length));
        ip[8] = 64;
        ip[9] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], isToServer ? 0x0a000001 : 0x0a000002u);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], isToServer ? 0x0a000002 : 0x0a000001u);
        return ip[IpSize..];
    }
}
