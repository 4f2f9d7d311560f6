using NetSniff.Protocols;
using NetSniff.Protocols.Quic;

namespace NetSniff.Tests.Protocols.Quic;

/// <summary>The packets of RFC 9001 and RFC 9369, appendix A.</summary>
public sealed class QuicVectorTests
{
    private const string ClientFrame =
        "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302"
        + "010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d001700180010000700050461"
        + "6c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e9"
        + "94ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c000240010039003204"
        + "08ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";

    private const string ServerFrames =
        "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a120013"
        + "0100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304";

    /// <summary>Version, how the protected client packet begins and ends (its last 16 bytes vouch for all of it), the
    /// protected server packet.</summary>
    public static TheoryData<uint, string, string, string> Packets => new()
    {
        {
            QuicBuilder.V1,
            "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c",
            "e221af44860018ab0856972e194cd934",
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38c"
            + "c5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb8402"
            + "2f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee"
        },
        {
            QuicBuilder.V2,
            "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c",
            "a18b2faa745b6fe189cf772a9f84cbfc",
            "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017"
            + "915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c9"
            + "84c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140"
        },
    };

    /// <summary>Client and server packet of version 1, a conversation for the contract.</summary>
    internal static byte[][] Datagrams =>
    [
        QuicBuilder.Seal(QuicBuilder.Padded(Hex.Bytes(ClientFrame), 1162), QuicBuilder.ClientId, number: 2),
        Hex.Bytes(Packets.First().Data.Item4),
    ];

    [Theory]
    [MemberData(nameof(Packets))]
    public void The_packets_of_appendix_a(uint version, string clientBegin, string clientEnd, string server)
    {
        var client = QuicBuilder.Seal(
            QuicBuilder.Padded(Hex.Bytes(ClientFrame), 1162), QuicBuilder.ClientId, version: version, number: 2);
        Assert.Equal(1200, client.Length);
        Assert.Equal(clientBegin, Convert.ToHexStringLower(client[..48]));
        Assert.Equal(clientEnd, Convert.ToHexStringLower(client[^16..]));

        Assert.Equal(Verdict.Yes, QuicParser.Probe(client, Direction.ToServer, default));
        var driver = new FlowDriver(new QuicParser()).Say(Direction.ToServer, client)
            .Say(Direction.ToClient, Hex.Bytes(server));

        var line = Assert.Single(driver.Records);
        Assert.Equal(DatagramResult.Finished, driver.Last);
        Assert.StartsWith($"quic quic.sni=example.com quic.version={version} quic.version_name=", line,
            StringComparison.Ordinal);
        Assert.Contains($"quic.version_selected={version} quic.alpn_offered=[alpn] ", line, StringComparison.Ordinal);
        Assert.Contains(" quic.ja3_string=771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24, ", line,
            StringComparison.Ordinal);
        Assert.Contains(" quic.ja3s_string=771,4865,51-43 quic.ja4=q13d0211an_", line, StringComparison.Ordinal);
        Assert.Contains(" quic.cipher=4865 ", line, StringComparison.Ordinal);
        Assert.Contains(" quic.dcid=8394C8F03E515708 quic.server.scid=F067A5502A4262B5 quic.initials.toserver=1 "
            + "quic.initials.toclient=1 ", line, StringComparison.Ordinal);
        Assert.EndsWith(" quic.latency=1000000", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xa82f30eaL, 0x9b32u, 2, 0xa82f9b32L)] // RFC 9000 appendix A.3
    [InlineData(-1L, 0u, 1, 0L)]
    [InlineData(-1L, 0x490d72u, 3, 0x490d72L)]
    [InlineData(0xffL, 0u, 1, 0x100L)]
    [InlineData(0x100L, 0xffu, 1, 0xffL)]
    public void A_packet_number_is_the_nearest_to_the_one_expected(long largest, uint sent, int length, long number) =>
        Assert.Equal(number, QuicWire.ExpandNumber(largest, sent, length));
}
