using System.Net;
using System.Text;
using System.Text.Json;
using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Tests.Flows;

public class CommunityIdTests
{
    // Computed apart from this code: SHA-1 over the bytes the specification lists, by a few lines of Python.
    public static TheoryData<byte, string, ushort, string, ushort, string> Known => new()
    {
        { 6, "192.0.2.1", 41822, "198.51.100.7", 443, "1:NVZ3M56vX9kHiHs504e6wP5LC0Y=" },
        { 6, "198.51.100.7", 443, "192.0.2.1", 41822, "1:NVZ3M56vX9kHiHs504e6wP5LC0Y=" },
        { 17, "192.0.2.1", 53124, "192.0.2.53", 53, "1:Pzo7+DHZ6xnRmCe2roGEBCvuhPY=" },
        { 132, "192.0.2.9", 3868, "192.0.2.8", 3868, "1:XCHqFhi0PMMn5bKVPzoPEZdg8FM=" },
        { 6, "2001:db8::1", 50000, "2001:db8::2", 8080, "1:I26g2GijHSp7uKLHHbhklG9F/Uw=" },
        { 17, "fe80::1", 5353, "ff02::fb", 5353, "1:vmVnlzQ4g6ZsPY2VX/lJfRJMmHo=" },
        { 1, "192.0.2.1", 8, "192.0.2.2", 0, "1:IOfYZQoUwQ3ZLk3+qU6KcSd9W5k=" },
        { 1, "192.0.2.2", 0, "192.0.2.1", 0, "1:IOfYZQoUwQ3ZLk3+qU6KcSd9W5k=" },
        { 1, "192.0.2.1", 3, "192.0.2.2", 1, "1:pRMyxe723XaSygE9L+z0m7WpPf4=" },
        { 58, "2001:db8::1", 135, "2001:db8::2", 0, "1:R9HBIi387RnKhKUU53rFlnl803U=" },
        { 58, "2001:db8::2", 1, "2001:db8::1", 4, "1:qxd1LeYGiZWewhdgFCEH4g39f1w=" },
        { 47, "192.0.2.1", 0, "192.0.2.2", 0, "1:OF71QrXQ3uLb1NPEC6e1InPqsIM=" },
        { 50, "2001:db8::2", 0, "2001:db8::1", 0, "1:JIAyWiD7dl1e74CJAdetAUPF/To=" },
        { 6, "192.0.2.1", 80, "192.0.2.1", 5000, "1:qwmd/gr/I2cShHORNbV3KVE6zqc=" },
    };

    [Theory, MemberData(nameof(Known))]
    public void NamesTheConversation(
        byte protocol, string source, ushort sourcePort, string target, ushort targetPort, string expected) =>
        Assert.Equal(expected, IdOf(protocol, source, sourcePort, target, targetPort));

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Sctp)]
    [InlineData(IpProtocol.Esp)]
    public void BothDirectionsShareOneId(byte protocol) => Assert.Equal(
        IdOf(protocol, "10.0.0.1", 5000, "10.0.0.2", 80), IdOf(protocol, "10.0.0.2", 80, "10.0.0.1", 5000));

    [Fact]
    public void AnIcmpErrorIsNotItsReverse() => Assert.NotEqual(
        IdOf(IpProtocol.Icmp, "10.0.0.1", 3, "10.0.0.2", 1), IdOf(IpProtocol.Icmp, "10.0.0.2", 3, "10.0.0.1", 1));

    [Fact]
    public void AnIcmpAnswerBelongsToItsQuestionWhateverTheCode() => Assert.Equal(
        IdOf(IpProtocol.Icmp, "10.0.0.1", 8, "10.0.0.2", 0), IdOf(IpProtocol.Icmp, "10.0.0.2", 0, "10.0.0.1", 7));

    [Fact]
    public void TheSeedKeepsNetworksApart() => Assert.NotEqual(
        IdOf(6, "10.0.0.1", 1, "10.0.0.2", 2), IdOf(6, "10.0.0.1", 1, "10.0.0.2", 2, seed: 1));

    [Fact]
    public void AllocatesNothing()
    {
        var source = AddressOf("10.0.0.1");
        var target = AddressOf("10.0.0.2");
        Assert.Equal(0, Allocations.Least(() =>
        {
            Span<byte> text = stackalloc byte[CommunityId.TextSize];
            for (var round = 0; round < 100; round++) CommunityId.Format(text, source, target, 6, 1, 2);
        }));
    }

    [Fact]
    public void AgreesWithThePublishedVectors()
    {
        using var rows = JsonDocument.Parse(File.ReadAllBytes(Corpus.Need("community_id_vectors.json")));
        var count = 0;
        foreach (var row in rows.RootElement.EnumerateArray().Where(row => row.GetProperty("base64").GetBoolean()))
        {
            var protocol = row.GetProperty("proto").GetByte();
            var id = IdOf(
                protocol,
                row.GetProperty("saddr").GetString()!,
                Port(row, "sport"),
                row.GetProperty("daddr").GetString()!,
                Port(row, "dport"),
                row.GetProperty("seed").GetUInt16());
            Assert.Equal(row.GetProperty("communityid").GetString(), id);
            count++;
        }

        Assert.True(count >= 40, $"only {count} vectors");
    }

    private static ushort Port(JsonElement row, string name) =>
        row.TryGetProperty(name, out var port) && port.ValueKind == JsonValueKind.Number ? port.GetUInt16() : (ushort)0;

    private static Address AddressOf(string text) => Address.FromBytes(IPAddress.Parse(text).GetAddressBytes());

    private static string IdOf(
        byte protocol, string source, ushort sourcePort, string target, ushort targetPort, ushort seed = 0)
    {
        Span<byte> text = stackalloc byte[CommunityId.TextSize];
        var written = CommunityId.Format(
            text, AddressOf(source), AddressOf(target), protocol, sourcePort, targetPort, seed);
        return Encoding.ASCII.GetString(text[..written]);
    }
}
