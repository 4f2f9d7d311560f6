using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NetSniff.Tests.Json;

public sealed class JsonLineTests
{
    private static readonly JsonWriterOptions s_options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static TheoryData<string, byte[]> Texts => new()
    {
        { "nothing", [] },
        { "plain", "GET /cart?item=7"u8.ToArray() },
        { "quotes and backslashes", "a\"b\\c"u8.ToArray() },
        { "control characters", [1, 8, 9, 10, 13, 31, 32, 126, 127] },
        { "letters of many bytes", Encoding.UTF8.GetBytes("grüße, 世界 🌍 \u2028") },
        { "a letter cut short", [0x61, 0xe4, 0xb8] },
        { "no UTF-8 at all", [0xff, 0xfe, 0x80, 0x61, 0xc0, 0xaf] },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Strings_are_escaped_as_the_library_does(string about, byte[] text)
    {
        using var expected = new MemoryStream();
        using (var json = new Utf8JsonWriter(expected, s_options))
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        var line = Written(json =>
        {
            json.WriteStartObject();
            json.WriteString("text"u8, text);
            json.WriteEndObject();
        });
        Assert.True(expected.ToArray().AsSpan().SequenceEqual(line), about);
    }

    [Fact]
    public void Commas_stand_between_values_and_nowhere_else()
    {
        var line = Written(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("none"u8);
            json.WriteEndArray();
            json.WriteNumber("count", ulong.MaxValue);
            json.WriteNumber("least"u8, long.MinValue);
            json.WriteStartArray("list");
            json.WriteNumberValue(1);
            json.WriteStringValue("two");
            json.WriteStartObject();
            json.WriteBoolean("three", true);
            json.WriteEndObject();
            json.WriteHexValue([0, 0xab]);
            json.WriteTextValue([0x61, 0xff]);
            json.WriteEndArray();
            json.WriteStartObject("empty");
            json.WriteEndObject();
            json.WriteEndObject();
        });
        const string Numbers = """{"none":[],"count":18446744073709551615,"least":-9223372036854775808,""";
        const string Rest = """
            "list":[1,"two",{"three":true},"00ab","a\\xff"],"empty":{}}
            """;
        Assert.Equal(Numbers + Rest, Encoding.UTF8.GetString(line));
    }

    [Fact]
    public void A_line_begins_afresh_after_the_last()
    {
        using var stream = new MemoryStream();
        var buffer = new OutputBuffer(stream);
        var json = new JsonLine(buffer);
        for (var count = 0; count < 2; count++)
        {
            json.WriteStartObject();
            json.WriteNumber("n"u8, count);
            json.WriteEndObject();
            json.End();
        }

        buffer.Flush();
        Assert.Equal("{\"n\":0}\n{\"n\":1}\n", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void Times_are_those_of_Timestamps_whatever_second_was_written_before()
    {
        var (times, chance) = (new TimeText(), new Random(3));
        Span<byte> expected = stackalloc byte[Timestamps.EveSize];
        Span<byte> actual = stackalloc byte[Timestamps.EveSize];
        for (var count = 0; count < 2000; count++)
        {
            var nanos = chance.NextInt64(-4_000_000_000, 400_000_000_000);
            Assert.Equal(Timestamps.Eve(expected, nanos), times.Eve(actual, nanos));
            Assert.True(expected.SequenceEqual(actual));
            Assert.Equal(Timestamps.Rfc3339(expected, nanos), times.Rfc3339(actual, nanos));
            Assert.True(expected[..Timestamps.Rfc3339Size].SequenceEqual(actual[..Timestamps.Rfc3339Size]));
        }
    }

    private static byte[] Written(Action<JsonLine> write)
    {
        using var stream = new MemoryStream();
        var buffer = new OutputBuffer(stream);
        write(new JsonLine(buffer));
        buffer.Flush();
        return stream.ToArray();
    }
}
