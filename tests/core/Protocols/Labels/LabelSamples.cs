using System.Text;
using NetSniff.Packets;
using NetSniff.Protocols;

namespace NetSniff.Tests.Protocols.Labels;

/// <summary>What one side of a protocol says, written down from its specification.</summary>
/// <param name="Wire">Text; or after `#` hexadecimal digits, words after `'`, and `*` with how often the byte before
/// stands.</param>
/// <param name="Source">Where the bytes come from.</param>
internal sealed record LabelSample(
    string Name, Transport Transport, ushort Port, string Wire, string Source, Direction Direction = Direction.ToServer)
{
    public byte[] Bytes { get; } = Read(Wire);

    public byte Protocol => Transport == Transport.Stream ? IpProtocol.Tcp : IpProtocol.Udp;

    public ProbeHints Hints => new(40_123, Port, IsFromStart: true);

    private static byte[] Read(string wire)
    {
        if (!wire.StartsWith('#')) return Encoding.Latin1.GetBytes(wire);

        var bytes = new List<byte>();
        foreach (var part in wire[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part[0] == '*') bytes.AddRange(Enumerable.Repeat(bytes[^1], int.Parse(part[1..]) - 1));
            else if (part[0] == '\'') bytes.AddRange(Encoding.Latin1.GetBytes(part[1..]));
            else bytes.AddRange(Convert.FromHexString(part));
        }

        return [.. bytes];
    }
}
