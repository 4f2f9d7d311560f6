using NetSniff.Tests.Cli.Commands;
using NetSniff.Tests.Wire.Telemetry;

namespace NetSniff.Tests.Cli.Hosting;

/// <summary>The real programs with a collector of ours: all three signals, to the last number.</summary>
public sealed class OwnLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_worker_says_and_its_last_numbers_reach_the_collector()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "SIGTERM is of Unix");
        await using var receiver = await OtlpReceiver.StartAsync(isGrpc: false);
        Assert.Equal(0, NetsniffProcess.Run("certificates", _folder["tls"], "w0").Code);
        var end = NetsniffProcess.Shell($$"""
            export OTEL_EXPORTER_OTLP_ENDPOINT={{receiver.Address}} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
            {{Worker("w0")}} >{{_folder["said"]}} 2>&1 & pid=$!
            for i in $(seq 600); do grep -q 'sensors at' {{_folder["said"]}} && break; sleep 0.1; done
            kill $pid; wait $pid
            """);
        Assert.Equal(0, end.Code);
        Assert.Contains(receiver.Logs, line => line.StartsWith("worker w0: sensors at 127", StringComparison.Ordinal));
        Assert.Contains("storing what is in the log", receiver.Logs);
        Assert.Contains(receiver.Logs, line => line.StartsWith("0 records stored", StringComparison.Ordinal));
        Assert.True(receiver.Metrics.ContainsKey("netsniff.ledger"), "the ledger was asked while it was there");
        // A source that failed because what it asks had gone would be counted.
        Assert.Contains("records stored", receiver.AttributeValues.Keys);
        Assert.DoesNotContain("sources that failed", receiver.AttributeValues.Keys);
    }

    [Fact]
    public async Task What_ends_a_program_at_its_start_is_told_too()
    {
        await using var receiver = await OtlpReceiver.StartAsync(isGrpc: false);
        var end = NetsniffProcess.Shell($"""
            export OTEL_EXPORTER_OTLP_ENDPOINT={receiver.Address} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
            {Worker("nobody")}
            """);
        Assert.Equal(1, end.Code);
        Assert.Contains(receiver.Logs, line => line.Contains("nobody", StringComparison.Ordinal));
    }

    private string Worker(string tls) => $"{NetsniffProcess.Path} worker --name w0 --data {_folder["data"]} "
        + $"--tls {_folder[$"tls/{tls}"]} --listen 127.0.0.1:0 --query 127.0.0.1:0 --health off";
}
