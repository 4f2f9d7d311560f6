using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Tests.Sensor.Governor;

/// <summary>Frames that ask for as much memory as frames can: ever new connections whose requests never end and whose
/// segments come in the wrong order, and whole small exchanges between them.</summary>
/// <remarks>A handful of frames is made once and written over for each connection, so that making them costs little
/// beside working through them.</remarks>
internal sealed unsafe class OverloadFrames : IDisposable
{
    private const int EthernetSize = 14, IpSize = 20, TcpSize = 20, HeadersSize = EthernetSize + IpSize + TcpSize;
    private const byte Syn = 2, Ack = 16;
    private const uint ClientStart = 1000, ServerStart = 5000;

    private static readonly byte[] s_request = Encoding.ASCII.GetBytes(
        "GET /cart/1 HTTP/1.1\r\nHost: shop\r\nUser-Agent: till/2\r\n\r\n");

    private static readonly byte[] s_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray();

    /// <summary>A head without its end: a parser waits for it and holds what is there.</summary>
    private static readonly byte[] s_endless = Encoding.ASCII.GetBytes(
        "GET /cart/1 HTTP/1.1\r\nHost: shop\r\nX-Filler: " + new string('x', 1200));

    private readonly List<(nint Data, int Length, bool IsFromClient)> _script = [];

    public OverloadFrames()
    {
        Add(true, ClientStart, 0, Syn, []);
        Add(false, ServerStart, ClientStart + 1, Syn | Ack, []);
        Add(true, ClientStart + 1, ServerStart + 1, Ack, s_request);
        Add(false, ServerStart + 1, ClientStart + 1 + (uint)s_request.Length, Ack, s_answer);
        var next = ClientStart + 1 + (uint)s_request.Length;
        Add(true, next, ServerStart + 1 + (uint)s_answer.Length, Ack, s_endless);
        // A hole, and what comes behind it waits.
        next += (uint)s_endless.Length + 1000;
        for (var segment = 0; segment < 3; segment++, next += 1400) Add(true, next, 0, Ack, new byte[1400]);
    }

    /// <summary>Frames of one connection.</summary>
    public int Script => _script.Count;

    public void Dispose()
    {
        foreach (var (data, _, _) in _script) NativeMemory.Free((void*)data);
    }

    /// <summary>The frames of a connection, good until the next is asked for.</summary>
    public void Fill(Span<Frame> frames, uint connection, long nanos)
    {
        var client = 0x0A000000 | connection & 0xFFFFFF;
        var port = (ushort)(1024 + connection / 0x1000000 % 60_000);
        for (var index = 0; index < _script.Count; index++)
        {
            var (data, length, isFromClient) = _script[index];
            var bytes = new Span<byte>((void*)data, length);
            var (address, ports) = isFromClient ? (EthernetSize + 12, 0) : (EthernetSize + 16, 2);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[address..], client);
            BinaryPrimitives.WriteUInt16BigEndian(bytes[(EthernetSize + IpSize + ports)..], port);
            frames[index] = new Frame(data, length, length, nanos + index, LinkType.Ethernet);
        }
    }

    private void Add(bool isFromClient, uint sequence, uint acknowledgement, byte flags, byte[] payload)
    {
        var length = HeadersSize + payload.Length;
        var data = (nint)NativeMemory.AllocZeroed((nuint)length);
        var bytes = new Span<byte>((void*)data, length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[12..], 0x0800);
        var ip = bytes[EthernetSize..];
        (ip[0], ip[8], ip[9]) = (0x45, 64, 6);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(length - EthernetSize));
        BinaryPrimitives.WriteUInt32BigEndian(ip[(isFromClient ? 16 : 12)..], 0xC0A80001);
        var tcp = ip[IpSize..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp[(isFromClient ? 2 : 0)..], 80);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgement);
        (tcp[12], tcp[13]) = (0x50, flags);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 1000);
        payload.CopyTo(tcp[TcpSize..]);
        _script.Add((data, length, isFromClient));
    }
}
