using System.Text;
using NetSniff.Protocols.Tls;
using Xunit;

namespace NetSniff.Tests.Protocols.Tls;

public sealed class FingerprintTests
{
    private static readonly ushort[] s_chromeCiphers =
    [
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f,
        0x0035,
    ];

    private static readonly ushort[] s_chromeAlgorithms =
        [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];

    [Theory]
    [InlineData("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5")]
    [InlineData("769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6")]
    public void The_vectors_of_the_ja3_paper(string text, string hash)
    {
        var parts = text.Split(',');
        var builder = new HelloBuilder
        {
            Version = ushort.Parse(parts[0], null),
            Ciphers = Numbers(parts[1]),
            HasExtensions = parts[2].Length > 0,
        };
        foreach (var type in Numbers(parts[2]))
        {
            _ = type switch
            {
                10 => builder.Groups(Numbers(parts[3])),
                11 => builder.Extension(11, [.. HelloBuilder.Short([.. Numbers(parts[4]).Select(x => (byte)x)])]),
                _ => builder.Extension(type),
            };
        }

        var hello = Read(builder);

        Assert.Equal(text, Ja3Text(hello));
        Assert.Equal(hash, Ja3Hash(text));
    }

    [Fact]
    public void Grease_is_in_no_fingerprint()
    {
        var plain = Chrome(grease: null);
        var greased = Chrome(grease: 0x3a3a);

        Assert.Equal(Ja3Text(Read(plain)), Ja3Text(Read(greased)));
        Assert.Equal(Ja4Text(Read(plain)), Ja4Text(Read(greased)));
    }

    [Fact]
    public void The_ja4_of_a_chrome() =>
        Assert.Equal("t13d1516h2_8daaf6152771_e5627efa2ab1", Ja4Text(Read(Chrome(grease: 0xbaba))));

    [Fact]
    public void The_order_of_extensions_does_not_matter_to_ja4_and_does_to_ja3()
    {
        var one = new HelloBuilder().Name("a.b").Versions(0x0304).Groups(29).Algorithms(0x0403);
        var other = new HelloBuilder().Algorithms(0x0403).Groups(29).Versions(0x0304).Name("a.b");

        Assert.Equal(Ja4Text(Read(one)), Ja4Text(Read(other)));
        Assert.NotEqual(Ja3Text(Read(one)), Ja3Text(Read(other)));
    }

    public static TheoryData<string, string> FirstProtocols => new()
    {
        { "h2", "h2" },
        { "h", "hh" },
        { "http/1.1", "h1" },
        { "h3-27", "h7" },
        { "anydesk/6.2.0/linux", "ax" },
        { "\u00ba\u00bd", "bd" },  // neither letter nor digit: ends of the hex form
        { "h2\u00ab", "6b" },      // one is enough
    };

    [Theory]
    [MemberData(nameof(FirstProtocols))]
    public void The_ends_of_the_first_protocol(string protocol, string ends) =>
        Assert.Equal(ends, Ja4Text(Read(new HelloBuilder().Protocols(protocol, "zz")))[8..10]);

    public static TheoryData<ushort, ushort[], string> Versions => new()
    {
        { 0x0303, [0x0304, 0x0303], "13" },
        { 0x0303, [0x0303, 0x0304], "13" },
        { 0x0303, [0xfafa, 0x0303], "12" },
        { 0x0303, [], "12" },
        { 0x0302, [], "11" },
        { 0x0301, [], "10" },
        { 0x0300, [], "s3" },
        { 0x0303, [0x7f12, 0x0303], "00" },
        { 0xfefd, [], "d2" },
        { 0xfefd, [0xfefd, 0xfefc], "d3" },
    };

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_version_is_the_newest_on_offer(ushort field, ushort[] offered, string name)
    {
        var builder = new HelloBuilder { Version = field };
        if (offered.Length > 0) builder.Versions(offered);
        Assert.Equal(name, Ja4Text(Read(builder))[1..3]);
    }

    [Fact]
    public void Without_extensions_the_second_hash_is_zeros() =>
        Assert.Equal("t12i010000_0f2cb44170f4_000000000000",
            Ja4Text(Read(new HelloBuilder { Ciphers = [0x1301], HasExtensions = false })));

    [Fact]
    public void Without_signature_algorithms_there_is_no_trailing_underscore()
    {
        // SHA-256 of "0017" begins so.
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("0017"u8))[..12];
        Assert.EndsWith("_" + expected, Ja4Text(Read(new HelloBuilder().Extension(23))), StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_stop_at_99()
    {
        var builder = new HelloBuilder { Ciphers = [.. Enumerable.Range(1, 150).Select(x => (ushort)x)] };
        for (ushort type = 100; type < 220; type++) builder.Extension(type);
        Assert.StartsWith("t12i9999", Ja4Text(Read(builder)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_beyond_the_limit_has_no_fingerprint()
    {
        var builder = new HelloBuilder { Ciphers = [.. Enumerable.Range(1, 8000).Select(x => (ushort)x)] };
        var hello = Read(builder);
        Assert.Equal(0, Ja3.Write(in hello, new byte[Ja3.TextBytesMax]));
        Assert.False(Ja4.TryWrite(in hello, TlsCarrier.Stream, new byte[Ja4.Size]));
    }

    [Fact]
    public void Ja3s_is_version_cipher_extensions()
    {
        var target = new byte[100];
        var block = Hex.Bytes("0033 0002 0000  002b 0002 0304");
        var length = Ja3.WriteServer(0x0303, 0x1301, block, target);
        Assert.Equal("771,4865,51-43", Encoding.ASCII.GetString(target, 0, length));
        Assert.Equal("eb1d94daa7e0344597e756a1fb6e7054", Ja3Hash("771,4865,51-43"));
    }

    private static HelloBuilder Chrome(ushort? grease)
    {
        ushort[] extra = grease is { } value ? [value] : [];
        var builder = new HelloBuilder { Ciphers = [.. extra, .. s_chromeCiphers] };
        if (grease is { } first) builder.Extension(first);
        builder.Name("example.com").Extension(23).Extension(0xff01, 0).Groups([.. extra, 29, 23, 24])
            .Extension(11, 1, 0).Extension(35).Protocols("h2", "http/1.1").Extension(5, 1, 0, 0, 0, 0)
            .Algorithms(s_chromeAlgorithms).Extension(18).Extension(51).Extension(45, 1, 1)
            .Versions([.. extra, 0x0304, 0x0303]).Extension(27, 2, 0, 2).Extension(0x4469);
        if (grease is { } last) builder.Extension((ushort)(last ^ 0x1010), 0);
        return builder.Extension(21);
    }

    private static ClientHello Read(HelloBuilder builder)
    {
        Assert.True(ClientHello.TryRead(builder.Client(), TlsCarrier.Stream, out var hello));
        Assert.False(hello.IsCut);
        return hello;
    }

    private static ushort[] Numbers(string list) =>
        [.. list.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(x => ushort.Parse(x, null))];

    private static string Ja3Text(in ClientHello hello)
    {
        var target = new byte[Ja3.TextBytesMax];
        return Encoding.ASCII.GetString(target, 0, Ja3.Write(in hello, target));
    }

    private static string Ja3Hash(string text)
    {
        var hash = new byte[Ja3.HashSize];
        Ja3.Hash(Encoding.ASCII.GetBytes(text), hash);
        return Encoding.ASCII.GetString(hash);
    }

    private static string Ja4Text(in ClientHello hello)
    {
        var target = new byte[Ja4.Size];
        Assert.True(Ja4.TryWrite(in hello, TlsCarrier.Stream, target));
        return Encoding.ASCII.GetString(target);
    }
}
