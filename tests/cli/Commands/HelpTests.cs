using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Helping;
using NetSniff.Cli.Plugin;

namespace NetSniff.Tests.Cli.Commands;

public sealed class HelpTests
{
    /// <summary>Those of the list on the first page.</summary>
    public static TheoryData<string> Verbs => [.. Commands()];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_command_says_what_it_is_for_and_shows_how_it_is_typed(string verb)
    {
        var page = Help(80, verb, "--help");
        Assert.All(page.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains($"Usage:\n  netsniff {verb} ", page, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  netsniff ", page, StringComparison.Ordinal);
        Assert.Contains("-h, --help ", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_page_fits_and_shows_what_may_be_left_out()
    {
        var page = Help(80);
        Assert.All(page.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("\n  fields [PREFIX] ", page, StringComparison.Ordinal);
        Assert.Contains("\n  top [FILE] ", page, StringComparison.Ordinal);
        Assert.Contains("\n  certificates FOLDER [NAME...]\n", page, StringComparison.Ordinal);
        Assert.InRange(page.Split('\n').Length, 20, 75);
    }

    [Fact]
    public void As_kubectl_s_plugin_every_command_is_typed_so()
    {
        var first = Help(80, ProgramName.Plugin);
        Assert.Contains("--as-group GROUP", first, StringComparison.Ordinal);
        foreach (var verb in Commands(first))
        {
            var page = Help(80, ProgramName.Plugin, verb, "--help");
            Assert.All(page.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
            Assert.Contains($"Usage:\n  kubectl netsniff {verb} ", page, StringComparison.Ordinal);
            Assert.Contains("Examples:\n  kubectl netsniff ", page, StringComparison.Ordinal);
            Assert.DoesNotContain("`netsniff ", page, StringComparison.Ordinal);
            Assert.DoesNotContain("--as-group", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_command_of_a_command_is_called_by_its_whole_name()
    {
        var page = Help(80, "rules", "check", "--help");
        Assert.Contains("Usage:\n  netsniff rules check DIR [options]\n", page, StringComparison.Ordinal);
        Assert.Contains("-h, --help ", page, StringComparison.Ordinal);
    }

    [Fact]
    public void An_example_of_two_lines_is_one() => Assert.Contains(
        " --store \\\n      clickhouse://", Help(80, "worker", "--help"), StringComparison.Ordinal);

    [Fact]
    public void A_narrow_terminal_folds_more() =>
        Assert.All(
            Help(50, "flows", "-h").Split('\n').Where(line => line.StartsWith("     ", StringComparison.Ordinal)),
            line => Assert.InRange(line.Length, 0, 50));

    [Theory]
    [InlineData("netsniff -i eth0", "netsniff -i eth0")]
    [InlineData("netsniff live --where 'a b' -i eth0", "netsniff live \\|    --where 'a b' \\|    -i eth0")]
    [InlineData("netsniff sql 'SELECT a FROM b' -o csv", "netsniff sql|    'SELECT a FROM|    b' -o csv")]
    public void What_is_typed_is_broken_so_that_a_shell_takes_it(string text, string expected)
    {
        var lines = Folding.Typed(text, 21).ToArray();
        Assert.Equal(expected.Replace("sql|", "sql \\|", StringComparison.Ordinal).Split('|'), lines);
    }

    private static List<string> Commands() => Commands(Help(80));

    private static List<string> Commands(string page)
    {
        var lines = page.Split('\n');
        return [
            .. lines.SkipWhile(line => line != "Commands:").Skip(1).TakeWhile(line => line.Length > 0)
                .Where(line => line.Length > 2 && line[2] != ' ').Select(line => line.Trim().Split(' ')[0]),
        ];
    }

    private static string Help(int columns, params string[] arguments) =>
        Help(columns, ProgramName.Netsniff, arguments);

    private static string Help(int columns, ProgramName program, params string[] arguments)
    {
        using var output = new MemoryStream();
        var terminal = new Terminal
        {
            Output = output, Error = TextWriter.Null, IsOutputTerminal = true, Columns = () => columns,
            Program = program,
        };
        Assert.Equal(ExitCode.Ok, CommandList.Run(arguments, terminal, listens: false));
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
