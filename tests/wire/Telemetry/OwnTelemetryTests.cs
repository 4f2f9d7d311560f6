using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using NetSniff.Wire.Health;
using NetSniff.Wire.Telemetry;

namespace NetSniff.Tests.Wire.Telemetry;

[CollectionDefinition(nameof(OwnTelemetryTests), DisableParallelization = true)]
public sealed class OwnTelemetryCollection;

/// <summary>What a collector gets of ourselves. Whether anybody listens is one for the process, so these run alone.
/// </summary>
[Collection(nameof(OwnTelemetryTests))]
public sealed class OwnTelemetryTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly HealthBoard _board = new("sensor", "1.2.3");

    private static IConfiguration Settings(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(one => one.Name, one => (string?)one.Value)).Build();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_is_one_trace_from_capture_to_store(bool isGrpc)
    {
        await using var receiver = await OtlpReceiver.StartAsync(isGrpc);
        _board.AddLedger(() => [new("decode", "in", 4711, false)]);
        var settings = Settings(
            (Endpoint, receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", isGrpc ? "grpc" : "http/protobuf"));
        BatchTrace.OneIn = 1;
        using (var telemetry = OwnTelemetry.Start(_board, "node-7", settings))
        {
            Assert.NotNull(telemetry);
            const long Captured = 1_700_000_000_000_000_000;
            var traceParent = BatchTrace.Begin("w1/2", records: 100, bytes: 4000, Captured);
            Assert.NotNull(traceParent);
            using (BatchTrace.Step(traceParent, "batch send", ActivityKind.Client)) { }
            using (BatchTrace.Step(traceParent, "batch store")) { }
            Assert.Null(BatchTrace.Step((string?)null, "batch store"));
            Assert.Null(BatchTrace.Step("00-nonsense", "batch store"));
            var log = telemetry.Logs.CreateLogger("governor");
#pragma warning disable CA1848, CA2254 // one line of a test
            log.LogWarning("stepping down");
#pragma warning restore CA1848, CA2254
        }

        var spans = receiver.Spans.ToList();
        Assert.Equal(["batch capture", "batch send", "batch store"], spans.Select(span => span.Name).Order());
        var root = spans.Single(span => span.Parent.Length == 0);
        Assert.Equal("batch capture", root.Name);
        Assert.All(spans, span => Assert.Equal((root.Trace, "netsniff-sensor"), (span.Trace, span.Service)));
        Assert.All(spans.Where(span => span != root), span => Assert.Equal(root.Id, span.Parent));
        Assert.Equal(4711, receiver.Metrics["netsniff.ledger"]);
        Assert.Equal(1, receiver.Metrics["netsniff.build.info"]);
        Assert.True(receiver.Metrics["process.resident.memory"] > 1_000_000);
        Assert.Equal("stepping down", Assert.Single(receiver.Logs));
    }

    [Fact]
    public async Task One_batch_in_so_many_is_followed()
    {
        await using var receiver = await OtlpReceiver.StartAsync(isGrpc: true);
        BatchTrace.OneIn = 10;
        using var telemetry = OwnTelemetry.Start(_board, "node-7", Settings((Endpoint, receiver.Address)));
        var followed = Enumerable.Range(0, 100).Select(number => BatchTrace.Begin("w", number, 1, 1));
        Assert.Equal(10, followed.Count(parent => parent is not null));
    }

    [Fact]
    public void Off_unless_somebody_is_named_and_when_told_so()
    {
        Assert.Null(OwnTelemetry.Start(_board, "x", Settings()));
        Assert.Null(OwnTelemetry.Start(
            _board, "x", Settings((Endpoint, "http://127.0.0.1:1"), ("OTEL_SDK_DISABLED", "TRUE"))));
        Assert.Null(BatchTrace.Begin("w", 1, 1, 1));
    }

    [Fact]
    public async Task A_signal_may_be_left_out_or_sent_alone()
    {
        await using var receiver = await OtlpReceiver.StartAsync(isGrpc: false);
        BatchTrace.OneIn = 1;
        var settings = Settings(
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.Address + "/v1/traces"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"));
        using (OwnTelemetry.Start(_board, "x", settings)) Assert.NotNull(BatchTrace.Begin("w", 1, 1, 1));
        Assert.Equal("/v1/traces", Assert.Single(receiver.Paths.Distinct()));

        settings = Settings(
            (Endpoint, receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRICS_EXPORTER", "none"), ("OTEL_TRACES_EXPORTER", "none"));
        using (OwnTelemetry.Start(_board, "x", settings)) Assert.Null(BatchTrace.Begin("w", 1, 1, 1));
        Assert.Single(receiver.Paths.Distinct());
    }

    [Fact]
    public void Names_and_units_are_OpenTelemetrys()
    {
        Assert.Equal(("netsniff.packets.dropped", null), MetricBridge.NameOf(Metrics.PacketsDropped));
        Assert.Equal(("netsniff.queue", "By"), MetricBridge.NameOf(Metrics.QueueBytes));
        Assert.Equal(("process.cpu", "s"), MetricBridge.NameOf(Metrics.ProcessCpu));
        var names = Metrics.All.Select(family => MetricBridge.NameOf(family).Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }
}
