using System.Buffers.Binary;
using System.Buffers.Text;
using NetSniff.Packets;

namespace NetSniff.Protocols.Proxy;

/// <summary>Reads what <see cref="ProxyHeader"/> has measured (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2).
/// </summary>
internal static class ProxyReader
{
    private const byte Tcp4 = 0x11, Udp4 = 0x12, Tcp6 = 0x21, Udp6 = 0x22, OnBehalf = 0x21;

    private const byte TypeProtocol = 0x01, TypeAuthority = 0x02, TypeTls = 0x20, TypeTlsVersion = 0x21;

    /// <param name="header">All of it, and nothing else.</param>
    /// <param name="record">Lent with the header.</param>
    /// <returns>Whether it names a client: not so what a balancer asks on its own behalf, nor a socket without an
    /// address.</returns>
    public static bool TryRead(ReadOnlySpan<byte> header, out ProxyRecord record) => header[0] == (byte)'P'
        ? TryReadText(header, out record)
        : TryReadBinary(header, out record);

    /// <summary>`PROXY TCP4 192.0.2.1 192.0.2.2 40000 443`.</summary>
    private static bool TryReadText(ReadOnlySpan<byte> line, out ProxyRecord record)
    {
        record = default;
        Word(ref line); // PROXY
        Word(ref line); // family: the addresses say it themselves
        var isSound = AddressReader.TryRead(Word(ref line), out var client)
            & AddressReader.TryRead(Word(ref line), out var server)
            & TryReadPort(Word(ref line), out var clientPort) & TryReadPort(Word(ref line), out var serverPort);
        if (!isSound) return false;

        record = new ProxyRecord
        {
            Version = 1,
            Client = client,
            Server = server,
            ClientPort = clientPort,
            ServerPort = serverPort,
        };
        return true;
    }

    private static bool TryReadBinary(ReadOnlySpan<byte> header, out ProxyRecord record)
    {
        record = default;
        var (command, family) = (header[ProxyHeader.BinarySize - 4], header[ProxyHeader.BinarySize - 3]);
        var size = family switch { Tcp4 or Udp4 => 4, Tcp6 or Udp6 => 16, _ => 0 };
        var body = header[ProxyHeader.BinarySize..];
        if (command != OnBehalf || size == 0 || body.Length < 2 * size + 4) return false;

        var ports = body[(2 * size)..];
        var more = ports[4..];
        record = new ProxyRecord
        {
            Version = 2,
            Client = Address.FromBytes(body[..size]),
            Server = Address.FromBytes(body.Slice(size, size)),
            ClientPort = BinaryPrimitives.ReadUInt16BigEndian(ports),
            ServerPort = BinaryPrimitives.ReadUInt16BigEndian(ports[2..]),
            Authority = Find(more, TypeAuthority),
            Protocol = Find(more, TypeProtocol),
            // A byte of flags and four of what came of the client's certificate, then types and lengths again.
            TlsVersion = Find(more, TypeTls) is { Length: > 5 } tls ? Find(tls[5..], TypeTlsVersion) : default,
        };
        return true;
    }

    /// <summary>The first of a type: a byte of type, two of length (section 2.2.1).</summary>
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> more, byte type)
    {
        while (more.Length >= 3)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(more[1..]);
            if (length > more.Length - 3) return default;
            if (more[0] == type) return more.Slice(3, length);
            more = more[(3 + length)..];
        }

        return default;
    }

    private static bool TryReadPort(ReadOnlySpan<byte> word, out ushort port) =>
        Utf8Parser.TryParse(word, out port, out var read) && read == word.Length;

    private static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> line)
    {
        var end = line.IndexOfAny(" \r"u8);
        var word = end < 0 ? line : line[..end];
        line = end < 0 ? default : line[(end + 1)..];
        return word;
    }
}
