using System.Text;
using NetSniff.Config;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols.Http;
using NetSniff.Records;
using NetSniff.Sensor.Redaction;
using NetSniff.Tests.Pipeline;

namespace NetSniff.Tests.Sensor.Redaction;

public sealed class RecordGateTests
{
    private static readonly SensorConfig s_config = new();

    private readonly Kept _kept = new();

    private RecordGate Gate(SensorConfig config) => new(_kept) { Plan = GatePlan.For(config) };

    [Fact]
    public void What_loses_nothing_comes_out_as_it_went_in()
    {
        var frames = new SmallTrace(conversations: 50).From(1_700_000_000_000_000_000);
        var plain = new Kept();
        Run(frames, plain);
        var gate = Gate(s_config with { Payload = new PayloadConfig { Level = PayloadLevel.Body } });
        Run(frames, gate);
        Assert.Equal(plain.Lines, _kept.Lines);
        Assert.Equal(plain.Bytes, _kept.Bytes);
        Assert.Equal(gate.Counters.In, gate.Counters.Out);
    }

    private static void Run(Frame[] frames, RecordConsumer consumer)
    {
        using var shard = new Shard(new ShardOptions { FlowsMax = 4096 }, consumer);
        shard.Run(frames);
        shard.Finish();
    }

    [Theory]
    [InlineData(PayloadLevel.None, "flow")]
    [InlineData(PayloadLevel.Metadata, "dns flow http")]
    public void A_level_says_which_kinds_leave(PayloadLevel level, string kinds)
    {
        var gate = Gate(s_config with { Payload = new PayloadConfig { Level = level } });
        Run(new SmallTrace(conversations: 5).From(1_700_000_000_000_000_000), gate);
        Assert.Equal(kinds, string.Join(' ', _kept.Lines.Select(line => line.Split(' ')[0]).Distinct().Order()));
        Assert.DoesNotContain(_kept.Lines, line => line.Contains(".headers="));
        Assert.Equal(gate.Counters.In, gate.Counters.Out + gate.Counters.NotWanted + gate.Counters.AboveLevel);
    }

    [Fact]
    public void Metadata_has_no_queries()
    {
        var gate = Gate(s_config with { Payload = new PayloadConfig { Level = PayloadLevel.Metadata } });
        Emit(gate, "/a?b=1#c", ["x: y"]);
        var line = Assert.Single(_kept.Lines);
        Assert.Contains("http.uri=/a http.host=shop", line);
        Assert.Contains("http.referer=http://r/", line);
        Assert.DoesNotContain("q=1", line);
        Assert.DoesNotContain("headers", line);
    }

    [Fact]
    public void Headers_and_queries_are_made_unreadable_and_the_rest_is_not()
    {
        var gate = Gate(s_config);
        Emit(gate, "/a?token=abc&b=1", ["authorization: Basic abc", "accept: text/html", "cookie: a=1; b=2"]);
        var line = Assert.Single(_kept.Lines);
        Assert.Contains("http.uri=/a?token=REDACTED&b=1 http.host=shop", line);
        Assert.Contains(
            "http.request.headers=[authorization: REDACTED, accept: text/html, cookie: a=REDACTED; b=REDACTED]", line);
        Assert.Contains("http.status=200", line);
        Assert.Equal(3, gate.Counters.TextsRedacted);
    }

    [Fact]
    public void Only_what_the_filter_wants_leaves()
    {
        var gate = Gate(s_config with { Where = "dns.qtype == 1" });
        Run(new SmallTrace(conversations: 5).From(1_700_000_000_000_000_000), gate);
        Assert.All(_kept.Lines, line => Assert.StartsWith("dns ", line));
        Assert.NotEmpty(_kept.Lines);
        Assert.Equal(gate.Counters.In, gate.Counters.Out + gate.Counters.NotWanted);
    }

    [Fact]
    public void Another_plan_holds_from_the_next_arena_on()
    {
        var gate = Gate(s_config with { Redaction = new RedactionConfig { Mode = RedactionMode.Disabled } });
        Emit(gate, "/?token=abc", []);
        gate.Plan = GatePlan.For(s_config);
        Emit(gate, "/?token=abc", []);
        Assert.Contains("token=abc ", _kept.Lines[0]);
        Assert.Contains("token=REDACTED ", _kept.Lines[1]);
    }

    /// <summary>Secrets at every place a record has for text: none is in what leaves, and what leaves can be read.
    /// </summary>
    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    public void No_secret_of_a_preset_is_ever_in_a_batch(int seed)
    {
        var random = new Random(seed);
        var gate = Gate(s_config with
        {
            Redaction = new RedactionConfig { Presets = [.. Enum.GetValues<RedactionPreset>()] },
        });
        const string Secret = "hunter2hunter2";
        string[] forms =
        [
            $"?token={Secret}", $"?a=1&password={Secret}&b", $"http://u:{Secret}@h/", $"Bearer {Secret}",
            $"?sig={Secret}", $"{{\"secret\":\"{Secret}\"}}", "4111111111111111", "joe@hunter2hunter2.test",
        ];
        for (var round = 0; round < 2_000; round++)
        {
            List<string> headers = [];
            for (var count = random.Next(12); count > 0; count--)
            {
                headers.Add(random.Next(3) switch
                {
                    0 => $"Cookie: x={Secret}; y={Secret}",
                    1 => $"x-note: {forms[random.Next(forms.Length)]}",
                    _ => $"authorization: {Secret}",
                });
            }

            var long_ = new string('x', random.Next(3) == 0 ? random.Next(16_000) : 0);
            Emit(gate, "/" + long_ + forms[random.Next(forms.Length)], headers, forms[random.Next(forms.Length)]);
        }

        Assert.Equal(2_000, _kept.Lines.Count);
        Assert.Equal(-1, _kept.Bytes.AsSpan().IndexOf("hunter2"u8));
        Assert.Equal(-1, _kept.Bytes.AsSpan().IndexOf("4111111111111111"u8));
        Assert.All(_kept.Lines, line => Assert.Contains("http.status=200", line));
    }

    /// <summary>Whichever field of whichever kind it is in, alone or among others.</summary>
    [Fact]
    public void No_field_of_text_is_overlooked()
    {
        const string Secret = "?token=hunter2hunter2";
        var gate = Gate(s_config);
        var count = 0;
        foreach (var schema in NetSniff.Protocols.Protocols.Records)
        {
            foreach (var field in schema.Fields.Where(field => field.Kind is FieldKind.Text or FieldKind.Texts))
            {
                count++;
                gate.Consume(WithText(schema, field, Secret), 1);
                Assert.Contains("?token=REDACTED", _kept.Lines[^1], StringComparison.Ordinal);
            }
        }

        Assert.True(count > 50, $"{count} fields of text");
        Assert.Equal(count, _kept.Lines.Count);
        Assert.Equal(-1, _kept.Bytes.AsSpan().IndexOf("hunter2"u8));
    }

    /// <summary>Without anything to hide no text is looked into, and what is left out is left out all the same.
    /// </summary>
    [Fact]
    public void Nothing_is_hidden_where_nothing_is_to_be()
    {
        var nothing = new RedactionConfig { Mode = RedactionMode.Disabled };
        var gate = Gate(s_config with { Redaction = nothing });
        Emit(gate, "/a?token=abc", ["authorization: Basic abc", "cookie: a=1"]);
        Assert.Contains("http.uri=/a?token=abc", _kept.Lines[0]);
        Assert.Contains("[authorization: Basic abc, cookie: a=1]", _kept.Lines[0]);

        var metadata = new PayloadConfig { Level = PayloadLevel.Metadata };
        gate = Gate(s_config with { Redaction = nothing, Payload = metadata });
        Emit(gate, "/a?token=abc", ["cookie: a=1"]);
        Assert.Contains("http.uri=/a http.host=shop", _kept.Lines[1]);
        Assert.DoesNotContain("cookie", _kept.Lines[1]);
    }

    private static byte[] WithText(RecordSchema schema, Field wanted, string text)
    {
        var room = new byte[4096];
        var writer = new RecordWriter(room, schema);
        foreach (var field in schema.Fields)
        {
            var octets = Encoding.Latin1.GetBytes(field == wanted ? text : "plain");
            if (field.Kind == FieldKind.Text) writer.TryText(field.Index, octets);
            if (field.Kind is FieldKind.Number or FieldKind.Duration) writer.Number(field.Index, 7);
            if (field.Kind != FieldKind.Texts) continue;

            writer.BeginList();
            writer.TryListed("plain"u8);
            writer.TryListed(octets);
            writer.EndList(field.Index);
        }

        return room[..writer.Finish(new RecordHeader())];
    }

    [Fact]
    public void A_record_never_grows_beyond_what_a_record_may_be()
    {
        var gate = Gate(s_config);
        var cookies = "cookie: " + string.Join(';', Enumerable.Repeat("a=1", 15));
        Emit(gate, "/", [.. Enumerable.Repeat(cookies, 800)]);
        Assert.True(_kept.Bytes.Length <= RecordSink.RecordBytesMax);
        Assert.True(gate.Counters.TextsLeftOut > 0);
        Assert.Contains("http.status=200", Assert.Single(_kept.Lines));
    }

    private static void Emit(
        RecordGate gate, string uri, IReadOnlyList<string> headers, string userAgent = "till/2")
    {
        var builder = new TextListBuilder(new byte[128 * 1024]);
        foreach (var header in headers) builder.Add(Encoding.Latin1.GetBytes(header));
        var sink = new RecordSink(1 << 18, gate);
        var record = new HttpRecord
        {
            Version = "1.1"u8, Method = "GET"u8, Uri = Encoding.Latin1.GetBytes(uri), Host = "shop"u8, Status = 200,
            UserAgent = Encoding.Latin1.GetBytes(userAgent), Referer = "http://r/?q=1"u8, RequestHeaders = builder.List,
            HasRequest = true, HasResponse = true,
        };
        sink.Emit(in record, timeNanos: 1);
        sink.Flush();
    }

    private sealed class Kept : RecordConsumer
    {
        private readonly List<byte> _bytes = [];

        public List<string> Lines { get; } = [];

        public byte[] Bytes => [.. _bytes];

        public override void Consume(ReadOnlySpan<byte> records, int count)
        {
            _bytes.AddRange(records);
            var before = Lines.Count;
            foreach (var record in new RecordWalker(records)) Lines.Add(TestRecords.Line(record));
            Assert.Equal(count, Lines.Count - before);
        }
    }
}
