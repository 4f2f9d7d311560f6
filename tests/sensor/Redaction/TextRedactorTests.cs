using System.Text;
using NetSniff.Config;
using NetSniff.Sensor.Redaction;

namespace NetSniff.Tests.Sensor.Redaction;

public sealed class TextRedactorTests
{
    private static readonly RedactionPlan s_all = RedactionPlan.For(new RedactionConfig
    {
        Presets = [.. Enum.GetValues<RedactionPreset>()],
        Headers = ["x-tenant"],
        QueryParameters = ["order"],
        JsonFields = ["ssn"],
        Patterns = [new PatternConfig("badge", "badge-[0-9]+") { Replacement = "badge-?" }],
    });

    public static TheoryData<string, string> Texts => new()
    {
        { "/cart?item=7", "/cart?item=7" },
        { "/cart?access_token=abc&item=7", "/cart?access_token=REDACTED&item=7" },
        { "/cart?item=7&TOKEN=abc#top", "/cart?item=7&TOKEN=REDACTED#top" },
        { "/cart?order=8", "/cart?order=REDACTED" },
        { "/cart?reorder=8&ordering=9", "/cart?reorder=8&ordering=9" },
        { "/cart?access%5Ftoken=abc", "/cart?access%5Ftoken=REDACTED" },
        { "/cart?filter[token]=abc&x=1", "/cart?filter[token]=REDACTED&x=1" },
        { "/go?to=http%3A%2F%2Fa%2Fx%3Ftoken%3Dabc%26y%3D1", "/go?to=http%3A%2F%2Fa%2Fx%3Ftoken%3DREDACTED%26y%3D1" },
        { "/x;jsessionid=AB12;v=1", "/x;jsessionid=REDACTED;v=1" },
        { "/s3?X-Amz-Signature=00ff&X-Amz-Date=1", "/s3?X-Amz-Signature=REDACTED&X-Amz-Date=1" },
        { "/blob?sv=1&sig=a%2Bb%3D&se=2", "/blob?sv=1&sig=REDACTED&se=2" },
        { "http://joe:pa55@shop/x", "http://joe:REDACTED@shop/x" },
        { "http://joe@shop/x", "http://REDACTED@shop/x" },
        { "says Bearer abcdef.ghi now", "says Bearer REDACTED now" },
        { "eyJhbGciOiJI.eyJzdWIi.c2ln", "REDACTED" },
        { "pay 4111 1111-1111 1111 now", "pay REDACTED now" },
        { "id 17 4111111111111111", "id 17 REDACTED" },
        { "/pay/4111111111111112", "/pay/4111111111111112" },
        { "1234567890123456789012", "1234567890123456789012" },
        { "/mail?to=joe.doe%40shop.test&x=1", "/mail?to=REDACTED&x=1" },
        { "from joe+x@mail.shop.test.", "from REDACTED" },
        { "not@all", "not@all" },
        { "to DE89 3704 0044 0532 0130 00 by", "to REDACTED by" },
        { "DE89370400440532013001", "DE89370400440532013001" },
        { "key AKIAIOSFODNN7EXAMPLE used", "key REDACTED used" },
        { "{\"a\":1,\"ssn\": \"078-05\", \"b\":2}", "{\"a\":1,\"ssn\": \"REDACTED\", \"b\":2}" },
        { "{\"ssn\":78,\"password\":\"a\\\"b\"}", "{\"ssn\":REDACTED,\"password\":\"REDACTED\"}" },
        { "{\"ssn\":{\"x\":[1,2]}} tail", "{\"ssn\":REDACTED" },
        { "badge-17 and badge-4", "badge-? and badge-?" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void In_any_text(string text, string expected) => Assert.Equal(expected, Rewrite(s_all, text, false));

    public static TheoryData<string, string> Headers => new()
    {
        { "accept: */*", "accept: */*" },
        { "Authorization: Digest username=\"x\"", "Authorization: REDACTED" },
        { "cookie: a=1; theme=dark;b", "cookie: a=REDACTED; theme=REDACTED;REDACTED" },
        { "set-cookie: sid=1; Path=/; HttpOnly", "set-cookie: sid=REDACTED; Path=/; HttpOnly" },
        { "x-tenant:  blue", "x-tenant:  REDACTED" },
        { "referer: http://a/?token=1", "referer: http://a/?token=REDACTED" },
        { ":path: /x?token=1", ":path: /x?token=REDACTED" },
        { "no colon at all", "no colon at all" },
        { ":", ":" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void In_a_header(string text, string expected) => Assert.Equal(expected, Rewrite(s_all, text, true));

    [Fact]
    public void Without_a_rule_nothing_is_touched() =>
        Assert.All(Texts, row => Assert.Equal(row.Data.Item1, Rewrite(RedactionPlan.Nothing, row.Data.Item1, true)));

    [Fact]
    public void A_text_with_secrets_beyond_number_is_hidden_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 600).Select(number => $"&token=s{number}"));
        Assert.Equal("REDACTED", Rewrite(s_all, text, false));
    }

    /// <summary>Secrets of every shape, anywhere in noise of the characters that matter: none survives.</summary>
    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(34)]
    public void No_secret_survives_whatever_stands_around_it(int seed)
    {
        var random = new Random(seed);
        const string Noise = "abXY019 /?&#;=:%\"'{}[],.-_@\u00e9\t";
        for (var round = 0; round < 4_000; round++)
        {
            var secret = $"s3cr{random.Next(100_000, 999_999)}t";
            var (text, isHeader) = random.Next(8) switch
            {
                0 => ($"{Some(6)}?{Some(4, "ab01&")}&access_token={secret}&{Some(9)}", false),
                1 => ($"cookie: {Some(3, "abc")}={secret}; {Some(9)}", true),
                2 => ($"set-cookie: {secret}; {Some(9)}", true),
                3 => ($"AUTHORIZATION:{Some(9)}{secret}{Some(9)}", true),
                4 => ($"{{{Some(5, "ab01:,")}\"password\" : \"{secret}\"{Some(9)}", false),
                5 => ($"{Some(9)} http://{Some(4, "ab")}:{secret}@host/{Some(9)}", false),
                6 => ($"{Some(9)}bEARER {secret}.{Some(4, "abc")} {Some(9)}", false),
                _ => ($"{Some(9)}?url=x%3Fa%3D1%26client_secret%3D{secret}%26b{Some(9)}", false),
            };
            Assert.DoesNotContain(secret, Rewrite(s_all, text, isHeader));
        }

        string Some(int lengthMax, string letters = Noise) =>
            new([.. Enumerable.Range(0, random.Next(lengthMax)).Select(_ => letters[random.Next(letters.Length)])]);
    }

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    public void No_bytes_throw(int seed)
    {
        var random = new Random(seed);
        var redactor = new TextRedactor();
        var seeds = Texts.Select(row => Encoding.Latin1.GetBytes(row.Data.Item1)).ToList();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = seeds[random.Next(seeds.Count)].Concat(seeds[random.Next(seeds.Count)]).ToArray();
            for (var change = random.Next(5); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            redactor.TryRewrite(s_all, bytes.AsSpan(random.Next(bytes.Length + 1)), round % 2 == 0, []);
        }
    }

    private static string Rewrite(RedactionPlan plan, string text, bool isHeader)
    {
        List<byte> output = [];
        return new TextRedactor().TryRewrite(plan, Encoding.Latin1.GetBytes(text), isHeader, output)
            ? Encoding.Latin1.GetString([.. output])
            : text;
    }
}
