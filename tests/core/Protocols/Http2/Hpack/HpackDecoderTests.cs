using System.Text;
using NetSniff.Protocols.Http2;
using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Tests.Protocols.Http2.Hpack;

/// <summary>The examples of RFC 7541 appendix C, and what they do not show.</summary>
public sealed class HpackDecoderTests
{
    private const string Date21 = "date: Mon, 21 Oct 2013 20:13:21 GMT";
    private const string Date22 = "date: Mon, 21 Oct 2013 20:13:22 GMT";
    private const string Www = "www.example.com";

    private static readonly string[][] s_requests =
    [
        [":method: GET", ":scheme: http", ":path: /", $":authority: {Www}"],
        [":method: GET", ":scheme: http", ":path: /", $":authority: {Www}", "cache-control: no-cache"],
        [":method: GET", ":scheme: https", ":path: /index.html", $":authority: {Www}", "custom-key: custom-value"],
    ];

    private static readonly string[][] s_responses =
    [
        [":status: 302", "cache-control: private", Date21, $"location: https://{Www}"],
        [":status: 307", "cache-control: private", Date21, $"location: https://{Www}"],
        [":status: 200", "cache-control: private", Date22, $"location: https://{Www}", "content-encoding: gzip",
            "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
    ];

    [Theory]
    [InlineData("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", "custom-key: custom-header", 55)]
    [InlineData("040c 2f73 616d 706c 652f 7061 7468", ":path: /sample/path", 0)]
    [InlineData("1008 7061 7373 776f 7264 0673 6563 7265 74", "password: secret", 0)]
    [InlineData("82", ":method: GET", 0)]
    public void C2_single_fields(string block, string field, int size)
    {
        var decoder = new HpackDecoder();
        Assert.Equal([field], Decode(decoder, block));
        Assert.Equal(size, decoder.Table.Size);
    }

    [Fact]
    public void C3_requests_without_huffman() => Check(
        new HpackDecoder(), s_requests, [57, 110, 164],
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65");

    [Fact]
    public void C4_requests_with_huffman() => Check(
        new HpackDecoder(), s_requests, [57, 110, 164],
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");

    [Fact]
    public void C5_responses_without_huffman_in_a_small_table() => Check(
        Small(), s_responses, [222, 222, 215],
        """
        4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
        546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
        """,
        "4803 3330 37c1 c0bf",
        """
        88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f
        6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b
        2076 6572 7369 6f6e 3d31
        """);

    [Fact]
    public void C6_responses_with_huffman_in_a_small_table() => Check(
        Small(), s_responses, [222, 222, 215],
        """
        4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
        8f0b 97c8 e9ae 82ae 43d3
        """,
        "4883 640e ffc1 c0bf",
        """
        88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
        dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
        """);

    [Theory]
    [InlineData("80")] // index 0
    [InlineData("be")] // an entry that is not there
    [InlineData("ffffffffffffffff7f")] // an integer without end
    [InlineData("400a 6375")] // a name that runs short
    [InlineData("3fe13f")] // a table larger than allowed
    [InlineData("82 20")] // a size update behind a field
    [InlineData("0085 ffffffffff")] // the end of string inside one
    [InlineData("0081 00 00")] // padding that is not ones
    public void What_is_not_hpack_is_broken(string block) =>
        Assert.Equal(["Broken"], Decode(new HpackDecoder(), block)[^1..]);

    [Fact]
    public void After_a_loss_old_entries_are_unknown_and_new_ones_are_not()
    {
        var decoder = new HpackDecoder();
        Decode(decoder, "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572");
        decoder.Forget();
        Assert.Equal([":method: GET", "Unknown"], Decode(decoder, "be 82"));
        Assert.Equal(["a: b"], Decode(decoder, "4001 6101 62"));
        Assert.Equal(["a: b", "Unknown"], Decode(decoder, "be bf"));
    }

    [Fact]
    public void Entries_go_when_the_table_shrinks()
    {
        var decoder = new HpackDecoder();
        Decode(decoder, "4001 6101 62 4001 6301 64");
        Assert.Equal(2 * 34, decoder.Table.Size);
        Assert.Equal(["c: d", "Broken"], Decode(decoder, "3f0f be bf")); // 46 bytes: room for one
        Assert.Equal(["Broken"], Decode(decoder, "20 be"));
        Assert.Equal(0, decoder.Table.Size);
    }

    [Fact]
    public void No_bytes_throw_and_the_table_keeps_its_bound()
    {
        var random = new Random(7541);
        var decoder = new HpackDecoder();
        var block = new byte[60];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(block);
            Decode(decoder, Convert.ToHexString(block));
            Assert.InRange(decoder.Table.Size, 0, HpackTable.KeptBytesMax);
        }
    }

    private static HpackDecoder Small()
    {
        var decoder = new HpackDecoder();
        decoder.Table.Resize(256);
        return decoder;
    }

    private static void Check(HpackDecoder decoder, string[][] wanted, int[] sizes, params string[] blocks)
    {
        for (var index = 0; index < blocks.Length; index++)
        {
            Assert.Equal(wanted[index], Decode(decoder, blocks[index]));
            Assert.Equal(sizes[index], decoder.Table.Size);
        }
    }

    /// <summary>The fields, then what is to be said of all of them.</summary>
    private static List<string> Decode(HpackDecoder decoder, string block)
    {
        var head = new Http2Head();
        List<string> fields = [];
        var isHpack = decoder.TryDecode(Hex.Bytes(block), ref head, out var isWhole);
        foreach (var line in head.List) fields.Add(Encoding.Latin1.GetString(line));
        if (!isWhole) fields.Add("Unknown");
        if (!isHpack) fields.Add("Broken");
        head.Clear();
        return fields;
    }
}
