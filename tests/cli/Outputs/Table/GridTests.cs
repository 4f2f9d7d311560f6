using System.Text;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Tests.Cli.Outputs.Table;

public sealed class GridTests
{
    private const string Time = "2026-01-31 09:00:00.123456789", Path = "/products/tea-from-darjeeling.json";

    [Fact]
    public void Texts_are_cut_before_times_and_numbers()
    {
        var lines = Written(60, ["time", "uri", "status"], [Fixed(Time), GridCell.Of(Path), GridCell.Number("200")]);
        Assert.Equal($"{Time}  /products/tea-from-d…     200", lines[1]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public void The_last_columns_give_way_and_are_named()
    {
        var lines = Written(
            45,
            ["time", "uri", "status", "agent"],
            [Fixed(Time), GridCell.Of(Path), GridCell.Number("200"), GridCell.Of("curl/8.0")]);
        Assert.Equal(["time                           uri", $"{Time}  /products/tea…"], lines[..2]);
        Assert.Equal("a wider terminal shows what there was no roo…", lines[2]);
        Assert.EndsWith("no room for: status, agent", Written(
            70, ["time", "uri", "status", "agent"],
            [Fixed(Time), GridCell.Of(Path), Fixed(Time), GridCell.Of("curl/8.0")])[2]);
    }

    [Fact]
    public void One_column_stays_however_narrow() =>
        Assert.StartsWith("2026-01-31", Written(12, ["time", "uri"], [Fixed(Time), GridCell.Of(Path)])[1]);

    private static GridCell Fixed(string text) => GridCell.Of(text) with { IsWhole = true };

    private static string[] Written(int columns, string[] titles, GridCell[] row)
    {
        var grid = new Grid(titles);
        grid.Add(row);
        using var stream = new MemoryStream();
        var buffer = new OutputBuffer(stream);
        grid.Write(new Line(isColoured: false, columns), buffer);
        buffer.Flush();
        return Encoding.UTF8.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');
    }
}
