using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Tests.Worker.Serve;
using NetSniff.Worker.Store;

namespace NetSniff.Tests.Cli.Commands.Records;

/// <summary>`sql`, `status`, and how commands find their worker.</summary>
public sealed class AskingCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("table", " n  name\n 1  x,\"y\"\n22  null\n")]
    [InlineData("jsonl", "{\"n\":1,\"name\":\"x,\\\"y\\\"\"}\n{\"n\":22,\"name\":null}\n")]
    [InlineData("json", "[{\"n\":1,\"name\":\"x,\\\"y\\\"\"},{\"n\":22,\"name\":null}]\n")]
    [InlineData("csv", "n,name\n1,\"x,\"\"y\"\"\"\n22,\n")]
    public async Task Rows_come_in_the_format_that_is_asked_for(string format, string expected)
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Store.Queries = _ => new SqlResult(
            [("n", "INTEGER"), ("name", "VARCHAR")], [["1", "\"x,\\\"y\\\"\""], ["22", "null"]], false);
        var end = TestCommand.Run(Arguments(worker, "sql", "SELECT", "-o", format));
        Assert.Equal("", end.Error);
        Assert.Equal(expected, end.Output);
    }

    [Fact]
    public async Task The_statement_may_be_piped_in_and_what_is_wrong_with_it_is_said()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Store.Queries = query => query.Text == "SELECT 1"
            ? new SqlResult([("1", "INTEGER")], [["1"]], false)
            : throw new SqlException($"cannot: {query.Text}\nLINE 1");
        Assert.Equal("{\"1\":1}\n", TestCommand.RunWith("SELECT 1\n", Arguments(worker, "sql", "-")).Output);
        var end = TestCommand.Run(Arguments(worker, "sql", "DROP"));
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Equal("netsniff: cannot: DROP\nLINE 1\n", end.Error);
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_no_wrong_statement()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Store.Queries = static _ => throw new TimeoutException("the query took more than 2 s");
        var end = TestCommand.Run(Arguments(worker, "sql", "SELECT", "--timeout", "2s"));
        Assert.Equal(ExitCode.TimedOut, end.Code);
        Assert.Equal("netsniff: the query took more than 2 s\n", end.Error);
    }

    [Fact]
    public async Task Top_writes_the_last_minute_once_without_a_terminal()
    {
        await using var worker = await TestWorker.StartAsync();
        var end = TestCommand.Run(Arguments(worker, "top", "--once"));
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.StartsWith("netsniff top  127.0.0.1:", end.Output, StringComparison.Ordinal);
        foreach (var head in (string[])["\nCLIENT ", "\nPROTOCOL ", "\nFIELD "])
        {
            Assert.Contains(head, end.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("look into", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_has_everything_on_one_page()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 1234);
        worker.Lines.Add(new("log", "disk full", 5, IsLoss: true));
        worker.Lines.Add(new("log", "rows looked at", 7, IsLoss: false));
        worker.SensorStates.Add(new() { Sensor = "5e", Node = "node-1", Worker = "w1", IsConnected = false });
        var end = TestCommand.Run(Arguments(worker, "status", "-o", "table"));
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.Matches("w1 +answers +.* 1,234", end.Output);
        Assert.Matches("http +1,234", end.Output);
        Assert.Matches("node-1 +away +w1", end.Output);
        Assert.Matches("Balance of w1, which started .* ago\n.*\n +log +disk full +5 +lost", end.Output);
        Assert.DoesNotContain("rows looked at", end.Output);
        Assert.Contains("1 more with --all", end.Output);
        var all = TestCommand.Run(Arguments(worker, "status", "-o", "table", "--all"));
        Assert.Matches("log +rows looked at +7", all.Output);
        Assert.StartsWith("{\"workers\":[{\"name\":\"w1\"", TestCommand.Run(Arguments(worker, "status")).Output);
    }

    [Fact]
    public void The_file_for_clients_comes_back_as_it_was_and_is_for_its_owner()
    {
        var path = _folder["state", "netsniff", "client.json"];
        Assert.Null(ClientFile.Read(path));
        var file = new ClientFile("127.0.0.1:9465", "PEM", "secret");
        file.Write(path);
        Assert.Equal(file, ClientFile.Read(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        (file with { Token = "of another run" }).Remove(path);
        Assert.True(File.Exists(path));
        file.Remove(path);
        Assert.False(File.Exists(path));
        File.WriteAllText(path, "{");
        Assert.Throws<UsageException>(() => ClientFile.Read(path));
    }

    [Theory]
    [InlineData("flws", "no command flws; did you mean flows?")]
    [InlineData("flows --folow", "no option --folow; did you mean --follow?")]
    [InlineData("--follow flows", "no option --follow")]
    [InlineData("sql a b", "'b' is one argument too many")]
    [InlineData("certificates", "FOLDER is missing")]
    [InlineData("http --last", "--last needs N")]
    [InlineData("rules", "a command is missing: check")]
    [InlineData("rules check", "`netsniff rules check --help`")]
    [InlineData("up --keep 3", "--keep is at least 1h")]
    [InlineData("status --server x:1 -o tabel", "use table or json")]
    public void What_is_mistyped_is_told_what_was_meant(string line, string said)
    {
        var end = TestCommand.Run(line.Split(' '));
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(said, end.Error);
    }

    [Theory]
    [InlineData("help", "--help")]
    [InlineData("help sql", "sql --help")]
    [InlineData("help rules check", "rules check --help")]
    public void Help_may_be_asked_for_by_a_word(string line, string same)
    {
        var (said, meant) = (TestCommand.Run(line.Split(' ')), TestCommand.Run(same.Split(' ')));
        Assert.Equal((meant.Code, meant.Output, meant.Error), (said.Code, said.Output, said.Error));
    }

    private string[] Arguments(TestWorker worker, params string[] arguments)
    {
        File.WriteAllText(_folder["ca.pem"], worker.Authority.RootPem);
        File.WriteAllText(_folder["token"], TestWorker.Secret);
        return
        [
            .. arguments, "--server", worker.Endpoint, "--ca", _folder["ca.pem"], "--token-file", _folder["token"],
        ];
    }
}
