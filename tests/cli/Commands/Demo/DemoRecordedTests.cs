using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Demo;

namespace NetSniff.Tests.Cli.Commands.Demo;

/// <summary>What a machine shows where no shop can be opened.</summary>
public sealed class DemoRecordedTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void The_recording_is_small() => Assert.InRange(new FileInfo(ShopFiles.CapturePath).Length, 1, 64 * 1024);

    [Fact]
    public void It_is_shown_as_a_table_with_the_names_of_the_shop()
    {
        Assert.Equal(ExitCode.Ok, Run("demo", "--capture-only", "--utc"));

        var lines = Lines();
        Assert.Contains(lines, line => Has(line, "client:", "dns:53", "DNS", "wbe.shop", "NXDOMAIN"));
        Assert.Contains(lines, line => Has(line, "client:", "web:80", "HTTP/1.1", "POST web.shop/api/checkout", "500"));
        Assert.Contains(lines, line => Has(line, "web:", "cart:8080", "HTTP/1.1", "POST cart.shop/checkout", "500"));
        Assert.Contains(lines, line => Has(line, "mobile:", "catalog:8080", "HTTP/2", "/products/cup.json", "200"));
        Assert.Contains(lines, line => Has(line, "mobile:", "orders:50051", "gRPC", "shop.Orders/Find", "NOT_FOUND"));
        // Given up by the customer, so it has no status.
        Assert.Contains(lines, line => Has(line, "mobile:", "orders:50051", "gRPC", "shop.Orders/Refund"));
        Assert.Contains(lines, line => Has(line, "client:", "chat:8765", "WebSocket", "/support", "6 messages"));
        Assert.Contains(lines, line => Has(line, "client:", "web:443", "TLS", "web.shop", "TLS 1.3"));
        Assert.Contains(lines, line => Has(line, "cart:", "db:6379"));
        Assert.Contains(lines, line => Has(line, "intruder:", "%20UNION%20SELECT%20"));
        Assert.DoesNotContain(lines, line => line.Contains("10.77.0.20", StringComparison.Ordinal));
    }

    [Fact]
    public void A_port_scan_does_not_drown_the_rest()
    {
        Run("demo", "--capture-only", "--utc");

        var empty = Lines().Where(line => Has(line, "intruder", "web", "TCP")).ToList();
        Assert.Equal(4, empty.Count);
        Assert.EndsWith("97 more flows without data", empty[3], StringComparison.Ordinal);
    }

    [Fact]
    public void It_ends_with_a_summary_and_what_to_do_next()
    {
        Run("demo", "--capture-only");

        var talk = _error.ToString();
        Assert.Contains("PROTOCOL", talk, StringComparison.Ordinal);
        Assert.Contains("web:80  tcp http", talk, StringComparison.Ordinal);
        Assert.Contains("LEDGER", talk, StringComparison.Ordinal);
        Assert.Matches(@"\nnext: (sudo )?netsniff live -i \S+\s*$", talk);
        Assert.All(talk.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void Quiet_is_quiet()
    {
        Run("demo", "--capture-only", "--quiet");

        Assert.Equal("", _error.ToString());
        Assert.NotEmpty(Lines());
    }

    [Fact]
    public void On_a_narrow_terminal_every_line_fits_and_keeps_its_status_and_latency()
    {
        Run(80, "demo", "--capture-only", "--color", "never");

        Assert.All(Lines(), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains(Lines(), line => Has(line, "web:80", "GET /products/coffee", "  404  ", "µs"));
    }

    [Theory]
    [InlineData("--duration and --forever exclude each other", "--duration", "5s", "--forever")]
    [InlineData("--duration is a length of time", "--duration", "soon")]
    [InlineData("--where", "--where", "http.status >")]
    public void Mistakes_are_told_before_anything_is_opened(string message, params string[] options)
    {
        Assert.Equal(ExitCode.Usage, Run(["demo", .. options]));

        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToArray());
    }

    private static bool Has(string line, params string[] words)
    {
        var position = 0;
        foreach (var word in words)
        {
            position = line.IndexOf(word, position, StringComparison.Ordinal);
            if (position < 0) return false;
            position += word.Length;
        }

        return true;
    }

    private int Run(params string[] arguments) => Run(0, arguments);

    private int Run(int columns, params string[] arguments) => CommandList.Run(
        arguments,
        new Terminal
        {
            Output = _output, Error = _error, Zone = TimeZoneInfo.Utc, IsOutputTerminal = columns > 0, Columns = () => columns,
        },
        listens: false);

    private string[] Lines() =>
        Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
