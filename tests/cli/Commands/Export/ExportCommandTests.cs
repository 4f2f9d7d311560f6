using NetSniff.Cli.Commands;
using NetSniff.Tests.Cli.Commands.Records;
using NetSniff.Tests.Worker.Serve;
using NetSniff.Tests.Worker.Store;
using NetSniff.Worker.Serve;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Tests.Cli.Commands.Export;

/// <summary>`netsniff export`.</summary>
public sealed class ExportCommandTests : IDisposable
{
    private static readonly LaneId s_lane = new("00112233445566778899aabbccddeeff", "w1/flows");

    private readonly TemporaryFolder _folder = new();

    private string Lake => _folder["lake"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_worker_is_asked_in_stretches_that_it_does_not_cut()
    {
        await using var worker = await TestWorker.StartAsync(limits: new ServeLimits { RecordsMax = 500 });
        worker.Add(0, 3000);
        // Half an hour later, by the number of a record: a microsecond each.
        worker.Add(2_000_000_000, 10);
        var end = TestCommand.Run(Arguments(worker, "export", "--to", Lake));
        Assert.Equal("", end.Error.Replace($"netsniff: 3,010 records in {Lake}\n", "", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Ok, end.Code);
        Assert.Equal("3010", Ask("count(*)", "hour = '09'"));
        Assert.Equal("6020", Ask("sum(response_bytes)", "method = 'GET'"));
        Assert.Empty(Directory.GetDirectories(Lake, ".export-*"));

        Assert.Equal(ExitCode.Ok, TestCommand.Run(Arguments(worker, "export", "--to", Lake)).Code);
        Assert.Equal("3010", Ask("count(*)", "true"));
        var other = TestCommand.Run(Arguments(worker, "export", "--to", Lake, "--kind", "dns", "-q"));
        Assert.Equal((ExitCode.Ok, ""), (other.Code, other.Error));
    }

    [Fact]
    public void The_folder_of_a_worker_that_does_not_run_is_read()
    {
        using (var store = new DuckDbStore(new DuckDbOptions
        {
            Folder = _folder["data", "store"], Clock = new FixedClock(StoreContractTests.Start),
        }))
        {
            StoreContractTests.Append(store, s_lane, 1, StoreContractTests.Flows(1, 40));
            store.Commit();
        }

        var end = TestCommand.Run("export", "--from", _folder["data"], "--to", Lake, "--since", "2026-03-01");
        Assert.Equal((ExitCode.Ok, $"netsniff: 40 records in {Lake}\n"), (end.Code, end.Error));
        Assert.Equal("40", Ask("count(*)", "kind = 'flow' AND date = '2026-03-01'"));
    }

    [Theory]
    [InlineData("--to is", "export")]
    [InlineData("no format 'csv'", "export", "--to", "x", "--format", "csv")]
    [InlineData("did you mean flow?", "export", "--to", "x", "--kind", "flows")]
    [InlineData("--until is not after --since", "export", "--to", "x", "--since", "1h", "--until", "2h")]
    [InlineData("exclude each other", "export", "--to", "x", "--from", "y", "--server", "z")]
    public void What_does_not_go_is_said(string why, params string[] arguments)
    {
        var end = TestCommand.Run(arguments);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(why.Replace("--to is", "--to FOLDER is missing", StringComparison.Ordinal), end.Error);
    }

    [Fact]
    public void A_folder_without_a_store_is_said_to_be()
    {
        var end = TestCommand.Run("export", "--from", _folder["nothing"], "--to", Lake);
        Assert.Equal(ExitCode.Failed, end.Code);
        Assert.Contains("there is no store in", end.Error);
        Assert.False(Directory.Exists(_folder["nothing"]));
    }

    [Theory]
    [InlineData("--store", "clickhouse://me:hush@h/db", "--store-password-file")]
    [InlineData("--store", "elsewhere", "clickhouse://USER@HOST")]
    public void A_store_that_is_no_address_is_said_and_no_password_shown(string option, string value, string why)
    {
        var end = TestCommand.Run("worker", "--data", _folder.Path, "--tls", _folder.Path, option, value);
        Assert.Equal(ExitCode.Usage, end.Code);
        Assert.Contains(why, end.Error);
        Assert.DoesNotContain("hush", end.Error);
    }

    private string Ask(string what, string where)
    {
        using var instance = new DuckInstance(new DuckDbOptions { Folder = _folder.Path });
        using var connection = instance.Connect();
        using var rows = connection.Ask($"SELECT CAST({what} AS VARCHAR) FROM read_parquet('{Lake}/**/*.parquet', "
            + $"hive_partitioning = true, union_by_name = true, hive_types_autocast = false) WHERE {where}");
        Assert.True(rows.NextChunk());
        return System.Text.Encoding.UTF8.GetString(rows.Column(0).Text(0));
    }

    private string[] Arguments(TestWorker worker, params string[] arguments)
    {
        File.WriteAllText(_folder["ca.crt"], worker.Authority.RootPem);
        File.WriteAllText(_folder["token"], TestWorker.Secret);
        return [.. arguments, "--server", worker.Endpoint, "--ca", _folder["ca.crt"], "--token-file", _folder["token"]];
    }
}
