using System.Text;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Tests.Cli.Outputs.Table;

public sealed class LineTests
{
    [Theory]
    [InlineData(30, "GET /cart  200  135µs")]
    [InlineData(21, "GET /cart  200  135µs")]
    [InlineData(20, "GET /cart  200  …")] // not 135 become 13
    [InlineData(17, "GET /cart  200  …")]
    [InlineData(16, "GET /cart  …")]
    [InlineData(10, "GET /cart…")]
    public void A_line_too_long_ends_before_the_number_it_would_cut(int columns, string expected)
    {
        var line = new Line(isColoured: false, columns);
        line.Own("GET "u8);
        line.Captured("/cart"u8);
        line.Own("  200  135µs"u8);
        Assert.Equal(expected, Written(line));
    }

    [Fact]
    public void A_word_longer_than_the_line_is_cut_at_the_edge()
    {
        var line = new Line(isColoured: false, 10);
        line.Captured("/abcdefghijklmnopq"u8);
        line.Own("  200"u8);
        Assert.Equal("/abcdefgh…", Written(line));
    }

    [Theory]
    [InlineData(20, "/products/tea.json")]
    [InlineData(18, "/products/tea.json")]
    [InlineData(17, "/products/tea.js…")]
    [InlineData(2, "/…")]
    public void A_captured_text_is_cut_to_its_share(int columns, string expected)
    {
        var line = new Line(isColoured: false) { TextColumnsMax = columns };
        line.Captured("/products/tea.json"u8);
        Assert.Equal(expected, Written(line));
        Assert.Equal(0, line.LongestText);
    }

    [Fact]
    public void Letters_are_counted_in_columns_and_not_torn()
    {
        var line = new Line(isColoured: false) { TextColumnsMax = 6 };
        line.Captured("茶茶茶茶"u8);
        Assert.Equal(5, line.Columns);
        Assert.Equal("茶茶…", Written(line));
    }

    [Fact]
    public void What_would_steer_the_terminal_is_shown_instead()
    {
        var line = new Line(isColoured: true);
        line.Captured("a\u001b[31m\r\n\u202eb\u0000"u8);
        Assert.Equal(@"a\x1b[31m\r\n\u{202e}b\x00", Written(line));
    }

    [Fact]
    public void A_coloured_line_that_is_cut_leaves_no_colour_behind()
    {
        var line = new Line(isColoured: true, 6);
        line.Use(Paint.Red);
        line.Own("12345678"u8);
        Assert.Equal("\e[31m12345\e[0m…", Written(line));
    }

    private static string Written(Line line)
    {
        using var stream = new MemoryStream();
        var buffer = new OutputBuffer(stream);
        line.MoveTo(buffer);
        buffer.Flush();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
