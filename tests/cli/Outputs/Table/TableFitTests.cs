using System.Text;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Packets;
using NetSniff.Protocols.Http;
using NetSniff.Records;

namespace NetSniff.Tests.Cli.Outputs.Table;

/// <summary>What a line says on terminals of several widths.</summary>
public sealed class TableFitTests
{
    private const string Long = "/products/tea-from-darjeeling-second-flush.json";

    [Theory]
    [InlineData(140, "/tea", "HTTP/1.1  GET shop.example/tea  200  2.2ms  335↓", "")]
    [InlineData(88, "/tea", "HTTP GET shop.example/tea  200  2.2ms  335↓", "src.port")]
    [InlineData(78, "/tea", "HTTP GET shop.example/tea  200  2.2ms", "http.response.bytes, src.port")]
    [InlineData(80, Long, "HTTP GET /products/tea-from-dar…  200  2.2ms", "http.host, http.response.bytes, src.port")]
    [InlineData(70, Long, "HTTP GET /products/tea-from-…  200", "http.host, http.latency, http.response.bytes, s")]
    public void The_least_important_gives_way_first_and_is_named(int columns, string uri, string said, string hidden)
    {
        var lines = Table(columns, uri);
        Assert.EndsWith(said, lines[0], StringComparison.Ordinal);
        Assert.InRange(lines[0].Length, 1, columns);
        Assert.Equal(hidden.Length == 0 ? 1 : 2, lines.Length);
        var told = $"--wide or -o jsonl shows what there was no room for: {hidden}";
        if (hidden.Length > 0) Assert.StartsWith(told[..Math.Min(65, told.Length)], lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void At_last_the_client_gives_way_to_the_path()
    {
        var line = Table(60, Long)[0];
        Assert.Equal("08:00:00  → 10.0.0.2:8080  HTTP GET /products/tea-from…  200", line);
    }

    [Fact]
    public void Chosen_fields_are_shown_by_name_and_nothing_is_said_of_others()
    {
        var line = Written(new TableOptions(Zone: TimeZoneInfo.Utc, HasChosenFields: true), "/tea")[0];
        Assert.Contains("http.method=GET  http.uri=/tea  http.host=shop.example  http.status=200", line);
        Assert.DoesNotContain("not seen", line, StringComparison.Ordinal);
    }

    private static string[] Table(int columns, string uri) =>
        Written(new TableOptions(Columns: columns, Zone: TimeZoneInfo.Utc, TellsHidden: true), uri);

    private static string[] Written(TableOptions options, string uri)
    {
        var sink = TestRecords.NewSink();
        ref var head = ref sink.Context;
        (head.Client, head.Server) = (Address.FromBytes([10, 0, 0, 1]), Address.FromBytes([10, 0, 0, 2]));
        (head.ClientPort, head.ServerPort, head.Protocol) = (41822, 8080, IpProtocol.Tcp);
        var http = new HttpRecord
        {
            Version = "1.1"u8, Method = "GET"u8, Uri = Encoding.UTF8.GetBytes(uri), Host = "shop.example"u8,
            Status = 200, LatencyNanos = 2_200_000, HasLatency = true, ResponseBytes = 335, HasResponse = true,
        };
        sink.Emit(http, new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000);
        using var stream = new MemoryStream();
        var output = new TableOutput(new OutputBuffer(stream), options);
        output.Write(new RecordView(sink.Bytes));
        output.Finish();
        return Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');
    }
}
