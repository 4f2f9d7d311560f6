using System.Text;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Protocols.Labels;
using Xunit;
using Labeller = NetSniff.Protocols.Labels.Labels;
using ProtocolList = NetSniff.Protocols.Protocols;

namespace NetSniff.Tests.Protocols.Labels;

public sealed unsafe class LabelsTests
{
    private static readonly LabelSample[] s_samples = [.. StreamSamples.All, .. DatagramSamples.All];

    /// <summary>What is read, not labelled, as it begins.</summary>
    private static readonly (Transport Transport, ushort Port, byte[] Bytes)[] s_read =
    [
        (Transport.Stream, 80, Encoding.Latin1.GetBytes("GET /index.html HTTP/1.1\r\nHost: example.test\r\n\r\n")),
        (Transport.Stream, 8080, Encoding.Latin1.GetBytes("POST /a HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")),
        (Transport.Stream, 80, Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
        (Transport.Stream, 80, Encoding.Latin1.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        (Transport.Stream, 443, Hex.Bytes(
            "16 0301 0031 01 00002D 0303" + new string('A', 64) + "00 0004 1301 1302 01 00 0000")),
        (Transport.Stream, 53, Hex.Bytes("001A 0001 0100 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0001")),
        (Transport.Datagram, 53, Hex.Bytes("0001 0100 0001 0000 0000 0000 03 777777 04 74657374 00 0001 0001")),
        (Transport.Datagram, 5353, Hex.Bytes(
            "0000 8400 0000 0001 0000 0000 03 777777 04 74657374 00 0001 0001 00000001 0004 C0000201")),
    ];

    private static IReadOnlyList<Signature> ListOf(Transport transport) =>
        transport == Transport.Stream ? Signatures.Streams : Signatures.Datagrams;

    private static string Name(LabelSample sample, ReadOnlySpan<byte> bytes)
    {
        uint seen = 0;
        return Apps.Name(Labeller.Recognise(
            sample.Transport, bytes, sample.Direction, sample.Hints, sample.Protocol, ref seen));
    }

    [Fact]
    public void Every_sample_is_recognised() => Assert.All(
        s_samples, sample => Assert.True(
            Name(sample, sample.Bytes) == sample.Name,
            $"{sample.Name} ({sample.Source}) is called '{Name(sample, sample.Bytes)}'"));

    [Fact]
    public void Every_line_of_the_list_has_a_sample() => Assert.All(
        Signatures.Streams.Concat(Signatures.Datagrams), signature => Assert.Contains(
            s_samples, one => one.Name == signature.Info.Name && one.Transport == signature.Info.Transport));

    [Fact]
    public void Lines_are_named_once_with_ports_and_a_sentence()
    {
        foreach (var list in new[] { Signatures.Streams, Signatures.Datagrams })
        {
            Assert.Equal(list.Count, list.Select(one => one.Info.Name).Distinct().Count());
            Assert.All(list, one => Assert.NotEmpty(one.Info.Ports));
            Assert.All(list, one => Assert.EndsWith(".", one.Info.About.Replace('?', '.'), StringComparison.Ordinal));
            Assert.All(list, one => Assert.DoesNotContain(
                ProtocolList.All,
                read => read.Info.Name == one.Info.Name && read.Info.Transport == one.Info.Transport));
        }
    }

    [Fact]
    public void No_signature_claims_the_sample_of_another()
    {
        foreach (var sample in s_samples)
        {
            foreach (var signature in ListOf(sample.Transport))
            {
                if (signature.Info.Name == sample.Name) continue;
                Assert.False(
                    signature.Starts[sample.Bytes[0]]
                    && signature.Matches(sample.Bytes, sample.Direction, sample.Hints),
                    $"{signature.Info.Name} claims {sample.Name} ({sample.Source})");
            }
        }
    }

    [Fact]
    public void No_signature_claims_how_a_protocol_begins_that_is_read()
    {
        foreach (var (transport, port, bytes) in s_read)
        {
            foreach (var signature in ListOf(transport))
            {
                for (var length = 1; length <= bytes.Length; length++)
                {
                    foreach (var direction in new[] { Direction.ToServer, Direction.ToClient })
                    {
                        var hints = new ProbeHints(40_000, port, IsFromStart: true);
                        Assert.False(
                            signature.Starts[bytes[0]] && signature.Matches(bytes.AsSpan(0, length), direction, hints),
                            $"{signature.Info.Name} claims {length} bytes of {Encoding.Latin1.GetString(bytes)}");
                    }
                }
            }
        }
    }

    /// <summary>Signatures are also asked about bytes that cannot be theirs: the first byte is a short cut, not a
    /// guard.</summary>
    [Fact]
    public void Cut_bytes_never_throw()
    {
        foreach (var sample in s_samples)
        {
            foreach (var signature in Signatures.Streams.Concat(Signatures.Datagrams))
            {
                var ports = signature.Info.Ports.Append(sample.Port).Distinct();
                foreach (var port in ports)
                {
                    for (var length = 0; length <= Math.Min(sample.Bytes.Length, 96); length++)
                    {
                        var bytes = sample.Bytes.AsSpan(0, length);
                        if (bytes.IsEmpty || !signature.Starts[bytes[0]]) continue;
                        signature.Matches(bytes, sample.Direction, new ProbeHints(40_000, port, true));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(Transport.Stream)]
    [InlineData(Transport.Datagram)]
    public void Noise_has_no_name(Transport transport)
    {
        const int Count = 100_000, PerMilleMax = 1;
        var random = new Random(20_26);
        var buffer = new byte[1500];
        int[] lengths = [1, 2, 4, 8, 12, 16, 20, 24, 32, 48, 64, 92, 148, 300, 512, 1200, 1460, 1500];
        var named = 0;
        for (var round = 0; round < Count; round++)
        {
            var bytes = buffer.AsSpan(0, lengths[round % lengths.Length]);
            random.NextBytes(bytes);
            var hints = new ProbeHints((ushort)random.Next(65_536), (ushort)random.Next(65_536), true);
            uint seen = 0;
            var protocol = transport == Transport.Stream ? IpProtocol.Tcp : IpProtocol.Udp;
            var app = Labeller.Recognise(transport, bytes, (Direction)(round & 1), hints, protocol, ref seen);
            if (app != Apps.Unknown) named++;
        }

        Assert.True(named <= Count * PerMilleMax / 1000, $"{named} of {Count} random strings have a name");
    }

    [Fact]
    public void Rtp_takes_two_packets_in_a_row()
    {
        var bytes = Hex.Bytes("80 08 0001 00000010 11223344" + new string('0', 40));
        var hints = new ProbeHints(40_000, 40_002, IsFromStart: true);
        uint seen = 0;
        Assert.Equal("", Ask(bytes, ref seen));
        Assert.Equal("", Ask(bytes, ref seen)); // the same again is no next one
        bytes[3]++;
        Assert.Equal("rtp", Ask(bytes, ref seen));

        bytes[3]++;
        bytes[11]++;
        Assert.Equal("", Ask(bytes, ref seen)); // another source

        string Ask(byte[] packet, ref uint memory) => Apps.Name(Labeller.Recognise(
            Transport.Datagram, packet, Direction.ToServer, hints, IpProtocol.Udp, ref memory));
    }

    [Theory]
    [InlineData("00 03 0014 00000001 0000 0000 00000003 01000101", "m3ua")]
    [InlineData("00 03 0014 00000001 0000 0000 0000003C 00150000", "ngap")]
    [InlineData("03 00 0010 00000001 00010000 00000000  00 03 0014 00000001 0000 0000 00000012 00110000", "s1ap")]
    [InlineData("01 00 0014 00000001 00010000 000A FFFF 00000001", "")]
    [InlineData("00 01 0014 00000001 0000 0000 00000003 01000101", "")]
    public void Sctp_is_told_by_its_payload_number(string wire, string name)
    {
        uint seen = 0;
        var app = Labeller.Recognise(
            Transport.Datagram, Hex.Bytes(wire), Direction.ToServer, new ProbeHints(1, 2, true), IpProtocol.Sctp,
            ref seen);
        Assert.Equal(name, Apps.Name(app));
    }

    [Fact]
    public void Recognising_allocates_nothing() => Assert.Equal(0, Allocations.Least(() =>
    {
        foreach (var sample in s_samples)
        {
            uint seen = 0;
            Labeller.Recognise(
                sample.Transport, sample.Bytes, sample.Direction, sample.Hints, sample.Protocol, ref seen);
        }
    }));
}
