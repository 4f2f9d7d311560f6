using System.Text;
using NetSniff.Config;

namespace NetSniff.Tests.Config;

public sealed class ConfigReaderTests
{
    [Fact]
    public void Nothing_said_is_a_working_configuration()
    {
        var config = Read("{}");
        Assert.Equal(PayloadLevel.Headers, config.Payload.Level);
        Assert.Equal([RedactionPreset.Credentials], config.Redaction.Presets);
        Assert.Equal("SampleFlows", config.Budget.OnOverload);
    }

    [Fact]
    public void The_words_of_a_profile_are_understood()
    {
        var config = Read(
            """
            {
              // comments and a comma too many are no reason to refuse anything
              "sequence": 7, "revision": "0123456789", "suspend": true,
              "targets": {
                "mode": "Listed", "addresses": ["10.244.1.7", "fd00::7"], "excludeCidrs": ["169.254.0.0/16"],
                "hostTraffic": false
              },
              "capture": {
                "backend": "AFPacket", "interfaces": {"include": ["eth0", "/^veth/"], "exclude": ["lo"]},
                "direction": "Ingress", "snapLength": 1500, "bpfFilter": "not port 10250", "deduplication": "None",
                "sampling": {"mode": "Flow", "oneIn": 8}, "ring": {"size": "32Mi", "fanout": "FlowHash"}
              },
              "where": "http.status >= 500 or dns",
              "protocols": [{"name": "DNS", "ports": [53]}, {"name": "http1"}, {"name": "Redis"}],
              "payload": {"level": "Metadata"},
              "redaction": {
                "mode": "Enforce", "presets": ["Credentials", "PaymentCard"], "headers": ["x-tenant"],
                "jsonFields": ["ssn"], "queryParameters": ["sig"],
                "patterns": [{"name": "iban", "regex": "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", "replacement": "-"}]
              },
              "budget": {"cpu": "500m", "memory": "512Mi", "maxPacketsPerSecond": 2000000, "onOverload": "HeadersOnly"},
              "flows": {"activeMax": "5m"},
              "storage": {"packetBuffer": {"size": "1Gi", "maxAge": "30m"}},
            }
            """);
        Assert.Equal(new SamplingConfig { Mode = SamplingMode.Flow, OneIn = 8 }, config.Capture.Sampling);
        Assert.Equal((7, "0123456789", true), (config.Sequence, config.Revision, config.Suspend));
        Assert.Equal(["10.244.1.7", "fd00::7"], config.Targets.Addresses);
        Assert.Equal((DirectionChoice.Ingress, 1500), (config.Capture.Direction, config.Capture.SnapLength));
        Assert.Equal([53], config.Protocols[0].Ports);
        Assert.Equal("iban", config.Redaction.Patterns.Single().Name);
        Assert.Equal("5m", config.Flows.ActiveMax);
        Assert.Equal("30m", config.Storage.PacketBuffer.MaxAge);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "", "line 1: The input does not contain any JSON" },
        { "null", "nothing but null" },
        { "{\"captures\": {}}", "could not be mapped" },
        { "{\"payload\": {\"level\": \"Most\"}}", "payload.level: line 1:" },
        { "{\"payload\": null}", "null stands where a value is needed" },
        { "{\"redaction\": {\"headers\": [null]}}", "null stands where a value is needed" },
        { "{\"capture\": {\"bpfFilter\": \"-w x\"}}", "capture.bpfFilter: is a filter expression" },
        { "{\"capture\": {\"sampling\": {\"mode\": \"Flow\"}}}", "capture.sampling.oneIn: is from 2 to" },
        { "{\"capture\": {\"sampling\": {\"mode\": \"Packet\", \"oneIn\": 2}}}", "packets are not sampled" },
        { "{\"capture\": {\"backend\": \"AFXDP\"}}", "capture.backend: there is no AFXDP yet" },
        { "{\"capture\": {\"snapLength\": 63}}", "capture.snapLength: is from 64 to 262144" },
        { "{\"capture\": {\"ring\": {\"size\": \"1k\"}}}", "capture.ring.size: is a quantity from 1Mi" },
        { "{\"capture\": {\"interfaces\": {\"include\": [\"/(/\"]}}}", "capture.interfaces.include[0]: " },
        { "{\"capture\": {\"interfaces\": {\"exclude\": [\"\"]}}}", "capture.interfaces.exclude[0]: has 1 to 64" },
        { "{\"capture\": {\"interfaces\": {\"exclude\": [null]}}}", "null stands where a value is needed" },
        { "{\"targets\": {\"addresses\": [\"web\"]}}", "targets.addresses[0]: is an address, not 'web'" },
        { "{\"targets\": {\"excludeCidrs\": [\"10.0.0.0\"]}}", "targets.excludeCidrs[0]: is a network such as" },
        { "{\"targets\": {\"addresses\": null}}", "null stands where a value is needed" },
        { "{\"sequence\": -1}", "sequence: is 0 or more" },
        { "{\"protocols\": [{\"name\": \"DNS\", \"ports\": [0]}]}", "protocols[0].ports: are from 1 to 65535" },
        { "{\"where\": \"http.metod == 'GET'\"}", "where: column 1: " },
        { "{\"protocols\": [{\"name\": \"gopher\"}]}", "protocols[0].name: there is no 'gopher'; there are " },
        { "{\"redaction\": {\"patterns\": [{\"name\": \"x\", \"regex\": \"(\"}]}}", "redaction.patterns[0].regex: " },
        { "{\"redaction\": {\"patterns\": [{\"name\": \"x\", \"regex\": \"a*\"}]}}", "matches the empty text" },
        { "{\"redaction\": {\"patterns\": [{\"name\": \"x\", \"regex\": \"(a{999}){999}\"}]}}", "too large" },
        { "{\"redaction\": {\"headers\": [\"x y\"]}}", "redaction.headers[0]: has 1 to 128 letters" },
        { "{\"budget\": {\"cpu\": \"lots\"}}", "budget.cpu: is a quantity such as 500m or 2, not 'lots'" },
        { "{\"budget\": {\"memory\": \"1Kb\"}}", "budget.memory: is a quantity" },
        { "{\"budget\": {\"maxPacketsPerSecond\": 1}}", "budget.maxPacketsPerSecond: is from 1000" },
        { "{\"budget\": {\"onOverload\": \"Stop\"}}", "budget.onOverload: a sensor does not go blind" },
        { "{\"flows\": {\"activeMax\": \"soon\"}}", "flows.activeMax: is a length of time" },
        { "{\"storage\": {\"packetBuffer\": {\"size\": \"1Mi\"}}}", "storage.packetBuffer.size: is 0 or a quantity" },
        { "{\"storage\": {\"packetBuffer\": {\"maxAge\": \"0s\"}}}", "storage.packetBuffer.maxAge: is a length" },
        { "{\"storage\": {\"packetBuffer\": null}}", "null stands where a value is needed" },
        {
            "{\"payload\": {\"level\": \"Metadata\"}, \"storage\": {\"packetBuffer\": {\"rawPayload\": true}}}",
            "storage.packetBuffer.rawPayload: contradicts payload.level Metadata"
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_told_with_its_place(string json, string expected)
    {
        Assert.Null(ConfigReader.Read(Encoding.UTF8.GetBytes(json), out var problems));
        Assert.Contains(expected, string.Join('\n', problems));
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        ConfigReader.Read(
            "{\"budget\": {\"cpu\": \"x\", \"memory\": \"y\"}, \"flows\": {\"activeMax\": \"z\"}}"u8, out var problems);
        Assert.Equal(["budget.cpu", "budget.memory", "flows.activeMax"], problems.Select(problem => problem.Path));
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void No_bytes_throw(int seed)
    {
        var random = new Random(seed);
        var good = """{"redaction": {"patterns": [{"name": "x", "regex": "ab"}]}, "budget": {"cpu": "1"}}"""u8;
        for (var round = 0; round < 3_000; round++)
        {
            var bytes = good.ToArray();
            for (var change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var config = ConfigReader.Read(bytes.AsSpan(0, random.Next(bytes.Length + 1)), out var problems);
            Assert.Equal(config is null, problems.Count > 0);
        }
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("500m", 0.5)]
    [InlineData("1.5Gi", 1610612736)]
    [InlineData("3k", 3000)]
    public void Quantities(string text, double expected)
    {
        Assert.True(Quantity.TryParse(text, out var value));
        Assert.Equal((decimal)expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1e9")]
    [InlineData("Mi")]
    [InlineData("1 Mi")]
    [InlineData("99999999999999999999")]
    public void Not_quantities(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Theory]
    [InlineData("90s", 90_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("250ms", 250)]
    public void Durations(string text, int millis)
    {
        Assert.True(Quantity.TryParseDuration(text, out var span));
        Assert.Equal(millis, span.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("s")]
    [InlineData("0s")]
    [InlineData("1d")]
    [InlineData("9999999999h")]
    [InlineData("-1s")]
    public void Not_durations(string text) => Assert.False(Quantity.TryParseDuration(text, out _));

    private static SensorConfig Read(string json)
    {
        var config = ConfigReader.Read(Encoding.UTF8.GetBytes(json), out var problems);
        Assert.Empty(problems);
        return config!;
    }
}
