using NetSniff.Cli.Commands;
using NetSniff.Tests.Worker.Serve;

namespace NetSniff.Tests.Cli.Commands.Records;

public sealed class RecordsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Records_of_the_past_come_in_the_output_that_is_asked_for()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 30);
        var table = Run(worker, "http", "-o", "table", "--last", "3");
        Assert.Equal("", table.Error);
        Assert.Equal(3, table.Lines.Length);
        Assert.Contains("2026-01-31 09:00:00.000", table.Lines[0]);
        Assert.Contains("10.0.0.1:40000", table.Lines[0]);
        Assert.Contains("GET shop/cart  200  1.0ms", table.Lines[0]);
        var json = Run(worker, "records", "--first", "2");
        Assert.Equal(2, json.Lines.Length);
        Assert.Contains("\"flow.id\":0,", json.Lines[0]);
        Assert.Contains("\"http.status\":200", json.Lines[1]);
        Assert.Empty(Run(worker, "dns", "--last", "3").Output);
        Assert.Equal(20, Run(worker, "http", "-o", "jsonl").Lines.Length);
        Assert.Contains("\"http.method\":\"GET\"}", Run(worker, "http", "-n", "1", "--fields", "http.method").Output);
    }

    [Fact]
    public async Task What_is_missing_is_told_beside_the_records()
    {
        await using var worker = await TestWorker.StartAsync(limits: new() { RecordsMax = 5 });
        worker.Lines.Add(new("log", "disk full", 1234, IsLoss: true));
        worker.Add(0, 30);
        var end = Run(worker, "http", "--since", "2026-01-01");
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.Equal(5, end.Lines.Length);
        Assert.Contains("there is more", end.Error);
        Assert.Contains("not in the store: w1/log disk full 1,234", end.Error);
    }

    [Fact]
    public async Task Who_follows_comes_back_when_the_worker_does()
    {
        var worker = await TestWorker.StartAsync();
        worker.Add(0, 5);
        var (command, ended) = Begin(worker, "http", "-f", "--last", "2", "-n", "6", "-o", "jsonl");
        await command.UntilAsync(command => command.Lines.Length == 2, "the past");
        worker.Add(5, 2);
        await command.UntilAsync(command => command.Lines.Length == 4, "what comes");
        var port = worker.Server.Address.Port;
        await worker.RestartAsync(port, () => worker.Add(7, 1));
        await command.UntilAsync(command => command.Lines.Length == 5, "what came while the line was broken");
        worker.Add(8, 5);
        await ended;
        Assert.Contains("lost 127.0.0.1", command.Error);
        Assert.Contains("back", command.Error);
        Assert.Equal(
            [3, 4, 5, 6, 7, 8],
            command.Lines.Select(line => int.Parse(line.Split("\"flow.id\":")[1].Split(',')[0])));
        await worker.DisposeAsync();
    }

    [Theory]
    [InlineData("flows --server x:1 --first 2 --last 3", ExitCode.Usage, "exclude each other")]
    [InlineData("flows --server x:1 --since yesterday", ExitCode.Usage, "such as 2026-01-31T09:00:00Z")]
    [InlineData("flows --server x:1 --where http.statu==1", ExitCode.Usage, "did you mean http.status")]
    [InlineData("flows --server x:1 --fields http.statu", ExitCode.Usage, "did you mean http.status")]
    [InlineData("flows --server x:1 -o pcapng -w x.pcapng", ExitCode.Usage, "not packets")]
    [InlineData("flows --server x:y:z", ExitCode.Usage, "--server is HOST:PORT")]
    [InlineData("flows --server 127.0.0.1:1", ExitCode.Failed, "no answer from the worker: nothing listens there")]
    public void What_cannot_be_is_refused_in_words(string line, int code, string said)
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        var end = TestCommand.Run(line.Split(' '));
        Assert.Equal(code, end.Code);
        Assert.Contains(said, end.Error);
        Assert.Empty(end.Output);
    }

    [Fact]
    public async Task Who_is_not_known_gets_nothing()
    {
        await using var worker = await TestWorker.StartAsync();
        worker.Add(0, 3);
        var wrong = TestCommand.Run(Arguments(worker, "another secret of letters", "http"));
        Assert.Equal(ExitCode.Forbidden, wrong.Code);
        Assert.Empty(wrong.Output);
        Assert.Contains("the worker does not know us", wrong.Error);
    }

    private TestCommand Run(TestWorker worker, params string[] arguments) =>
        TestCommand.Run(Arguments(worker, TestWorker.Secret, arguments));

    private (TestCommand, Task) Begin(TestWorker worker, params string[] arguments) =>
        TestCommand.Begin(Arguments(worker, TestWorker.Secret, arguments));

    private string[] Arguments(TestWorker worker, string token, params string[] arguments)
    {
        File.WriteAllText(_folder["ca.pem"], worker.Authority.RootPem);
        File.WriteAllText(_folder["token"], token);
        return
        [
            .. arguments, "--server", worker.Endpoint, "--ca", _folder["ca.pem"], "--token-file", _folder["token"],
        ];
    }
}
