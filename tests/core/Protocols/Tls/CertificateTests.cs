using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetSniff.Protocols;
using NetSniff.Protocols.Tls;
using Xunit;

namespace NetSniff.Tests.Protocols.Tls;

public sealed class CertificateTests
{
    private static readonly DateTimeOffset s_from = new(2024, 2, 29, 12, 30, 15, TimeSpan.Zero);
    private static readonly DateTimeOffset s_until = new(2051, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    [SuppressMessage("Security", "CA5350", Justification = "the name a certificate goes by")]
    public void The_leaf_is_told_and_the_chain_counted()
    {
        var (leaf, root) = Make();
        var line = Assert.Single(Say([leaf, root], 333).Records);

        Assert.Contains(" tls.subject=C=CH, L=Z\u00c3\u00bcrich, O=Example, CN=shop.example "
            + "tls.issuer=CN=Root, O=Example ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.serial=00F102 ", line, StringComparison.Ordinal);
        Assert.Contains($" tls.not_before={s_from.ToUnixTimeSeconds()}000000000 ", line, StringComparison.Ordinal);
        Assert.Contains($" tls.not_after={s_until.ToUnixTimeSeconds()}000000000 ", line, StringComparison.Ordinal);
        Assert.Contains(" tls.sans=[shop.example, *.shop.example, 192.0.2.7, 2001:db8::7, a@shop.example] ",
            line, StringComparison.Ordinal);
        Assert.Contains(" tls.fingerprint=" + Convert.ToHexString(SHA1.HashData(leaf)), line, StringComparison.Ordinal);
        Assert.Contains(" tls.chain=2 ", line, StringComparison.Ordinal);
    }

    /// <summary>A set of two, then a set of one.</summary>
    [Fact]
    public void Attributes_of_one_level_are_joined_by_a_plus()
    {
        var name = Hex.Bytes("3114 3008060355040b0c0141 3008060355040a0c0142 310a 300806035504030c0178");
        var text = new byte[40];
        var length = DistinguishedName.Write(name, text, out var isCut);
        Assert.Equal("OU=A + O=B, CN=x", System.Text.Encoding.ASCII.GetString(text, 0, length));
        Assert.False(isCut);
    }

    [Fact]
    public void A_chain_longer_than_we_hold_still_shows_its_leaf()
    {
        var (leaf, root) = Make();
        byte[][] chain = [leaf, .. Enumerable.Repeat(root, 300)];
        var line = Assert.Single(Say(chain, 1_400).Records);
        Assert.Contains("CN=shop.example", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_prefix_and_every_flipped_byte_is_survived()
    {
        var (leaf, _) = Make();
        for (var length = 0; length < leaf.Length; length++)
        {
            Certificate.TryRead(leaf.AsSpan(0, length), out _);
            var flipped = (byte[])leaf.Clone();
            foreach (var value in new byte[] { 0, 0x7f, 0x80, 0x84, 0xff })
            {
                flipped[length] = value;
                if (Certificate.TryRead(flipped, out var certificate))
                {
                    DistinguishedName.Write(certificate.Subject, new byte[40], out _);
                }
            }
        }
    }

    public static TheoryData<byte, string, long> Times => new()
    {
        { 0x17, "700101000000Z", 0 },
        { 0x17, "491231235959Z", 2_524_607_999 },
        { 0x17, "500101000000Z", -631_152_000 },
        { 0x17, "2403010000Z", 1_709_251_200 },       // seconds left out
        { 0x18, "20240301000000Z", 1_709_251_200 },
        { 0x18, "20000229120000Z", 951_825_600 },
        { 0x18, "99991231235959Z", 9_223_372_036 },   // beyond nanoseconds: the last they can say
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Times_are_read(byte tag, string text, long seconds)
    {
        Assert.True(DerTime.TryRead(tag, System.Text.Encoding.ASCII.GetBytes(text), out var nanos));
        Assert.Equal(seconds, nanos / 1_000_000_000);
    }

    [Theory]
    [InlineData(0x17, "2413010000Z")]
    [InlineData(0x17, "24030")]
    [InlineData(0x18, "2024030x000000Z")]
    [InlineData(0x02, "240301000000Z")]
    public void What_is_no_time_is_none(byte tag, string text) =>
        Assert.False(DerTime.TryRead(tag, System.Text.Encoding.ASCII.GetBytes(text), out _));

    private static StreamDriver Say(byte[][] chain, int piece)
    {
        byte[] list = [.. chain.SelectMany(Prefixed)];
        var message = HelloBuilder.Message(11, Prefixed(list));
        byte[] records = [.. message.Chunk(1_000).SelectMany(x => HelloBuilder.Record(22, x))];
        return new StreamDriver(new TlsParser())
            .Say(Direction.ToServer, new HelloBuilder().ClientRecord())
            .Say(Direction.ToClient, [.. new HelloBuilder().ServerRecord(), .. records], piece).End();
    }

    private static byte[] Prefixed(byte[] body) =>
        [(byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    private static (byte[] Leaf, byte[] Root) Make()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The builder takes names from the far end.
        var rootRequest = new CertificateRequest("O=Example, CN=Root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(s_from, s_until);
        var request = new CertificateRequest("CN=shop.example, O=Example, L=Z\u00fcrich, C=CH", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("shop.example");
        names.AddDnsName("*.shop.example");
        names.AddIpAddress(IPAddress.Parse("192.0.2.7"));
        names.AddIpAddress(IPAddress.Parse("2001:db8::7"));
        names.AddEmailAddress("a@shop.example");
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(root, s_from, s_until, [0xf1, 0x02]);
        return (leaf.RawData, root.RawData);
    }
}
