using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetSniff.Wire.Health;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NetSniff.Wire.Telemetry;

/// <summary>Sends the program's own traces, metrics and logs to an OpenTelemetry collector, as its environment says:
/// OTEL_EXPORTER_OTLP_* and the others of the specification. Off while no endpoint is named.</summary>
public sealed class OwnTelemetry : IDisposable
{
    private static readonly string[] s_endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    /// <summary>What is not sent yet when the program ends may take so long.</summary>
    private const int FlushMillisMax = 3_000;

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;
    private readonly MetricBridge? _bridge;
    private int _isDisposed;

    private OwnTelemetry(HealthBoard board, IConfiguration configuration, string instance, TimeProvider clock)
    {
        void Resource(ResourceBuilder builder) => builder
            .AddService($"netsniff-{board.Program}", "netsniff", board.Version, serviceInstanceId: instance)
            .AddEnvironmentVariableDetector();
        void Services(IServiceCollection services) => services.AddSingleton(configuration);

        if (Wants(configuration, "TRACES"))
        {
            _traces = Sdk.CreateTracerProviderBuilder().ConfigureServices(Services).ConfigureResource(Resource)
                .AddSource(BatchTrace.SourceName)
                .AddOtlpExporter(options => Configure(options, configuration, "TRACES")).Build();
        }

        if (Wants(configuration, "METRICS"))
        {
            _bridge = new MetricBridge(board, clock);
            _metrics = Sdk.CreateMeterProviderBuilder().ConfigureServices(Services).ConfigureResource(Resource)
                .AddMeter(MetricBridge.MeterName)
                .AddOtlpExporter(options => Configure(options, configuration, "METRICS")).Build();
        }

        if (!Wants(configuration, "LOGS")) return;

        Logs = LoggerFactory.Create(logging =>
        {
            Services(logging.Services);
            logging.AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = true;
                var resource = ResourceBuilder.CreateDefault();
                Resource(resource);
                options.SetResourceBuilder(resource)
                    .AddOtlpExporter(exporter => Configure(exporter, configuration, "LOGS"));
            });
        });
    }

    /// <summary>Where log lines go to reach the collector; nowhere while it is off.</summary>
    public ILoggerFactory Logs { get; } = NullLoggerFactory.Instance;

    /// <summary>Begins to send, where the environment names somebody to send to.</summary>
    /// <param name="instance">`service.instance.id`: the sensor's or worker's own name.</param>
    /// <param name="configuration">The process's environment unless a test says otherwise.</param>
    /// <returns>Null while it is off.</returns>
    public static OwnTelemetry? Start(
        HealthBoard board, string instance, IConfiguration? configuration = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(board);
        configuration ??= new ConfigurationBuilder().AddEnvironmentVariables().Build();
        return IsOn(configuration)
            ? new OwnTelemetry(board, configuration, instance, clock ?? TimeProvider.System)
            : null;
    }

    /// <summary>Sends what is left. Called before what the health board asks is gone, for its numbers are read once
    /// more; a second time does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;

        _traces?.ForceFlush(FlushMillisMax);
        _metrics?.ForceFlush(FlushMillisMax);
        _traces?.Dispose();
        _metrics?.Dispose();
        _bridge?.Dispose();
        Logs.Dispose();
    }

    /// <summary>The general variables the exporter reads itself; those of one signal go before them.</summary>
    private static void Configure(OtlpExporterOptions options, IConfiguration configuration, string signal)
    {
        string? Value(string name) => configuration[$"OTEL_EXPORTER_OTLP_{signal}_{name}"] is { Length: > 0 } text
            ? text
            : null;
        options.Protocol = Value("PROTOCOL") switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        if (Uri.TryCreate(Value("ENDPOINT"), UriKind.Absolute, out var endpoint)) options.Endpoint = endpoint;
        if (Value("HEADERS") is { } headers) options.Headers = headers;
        if (int.TryParse(Value("TIMEOUT"), CultureInfo.InvariantCulture, out var millis))
        {
            options.TimeoutMilliseconds = millis;
        }
    }

    private static bool IsOn(IConfiguration configuration) =>
        !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase)
        && s_endpoints.Any(name => !string.IsNullOrEmpty(configuration[name]));

    /// <summary>OTEL_{signal}_EXPORTER is `otlp` unless it says `none`; and there must be somebody who takes it.
    /// </summary>
    private static bool Wants(IConfiguration configuration, string signal) =>
        !string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
        && (!string.IsNullOrEmpty(configuration[s_endpoints[0]])
            || !string.IsNullOrEmpty(configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"]));
}
