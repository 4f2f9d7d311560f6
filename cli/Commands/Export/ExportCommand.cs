using System.CommandLine;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Outputs;
using NetSniff.Filters.Expression;
using NetSniff.Json;
using NetSniff.Records;
using NetSniff.Worker.Store;
using NetSniff.Worker.Store.DuckDb;

namespace NetSniff.Cli.Commands.Export;

/// <summary>`netsniff export`: stored hours as files for a lake.</summary>
internal static class ExportCommand
{
    private const string About =
        """
        Write what is stored as Parquet files, an hour and a kind each, in folders that most tools read as columns:
        kind=http/date=2026-03-01/hour=12/records.parquet. Whole hours are written, from a worker or from the folder of
        one that does not run; an hour that is written again replaces its files.

        Examples:
          netsniff export --to /mnt/lake
          netsniff export --server worker-0:9465 --to /mnt/lake --since 1d --kind http --kind dns
          netsniff export --from /var/lib/netsniff --to /mnt/lake --since 2026-03-01 --until 2026-03-02
          duckdb -c "SELECT date, count(*) FROM read_parquet('/mnt/lake/**/*.parquet', hive_partitioning = true,
            union_by_name = true) GROUP BY date"
        """;

    private const string BooksName = "books.duckdb";
    private const string Parquet = "parquet";

    public static Command Make(CommandRunner runner)
    {
        var from = TextOption.Of(
            "--from", "FOLDER", "The data of a worker that does not run. Without it: a worker is asked.");
        var to = TextOption.Of("--to", "FOLDER", "Where the files go; made when it is not there.");
        var format = TextOption.Of("--format", "FORMAT", "parquet, the only one.");
        var kinds = new Option<string[]>("--kind")
        {
            Description = "Only records of this kind: flow, http, dns …; may be repeated.", HelpName = "KIND",
        };
        var since = TextOption.Of("--since", "TIME", $"From the hour of a time on: {Moment.Examples}.");
        var until = TextOption.Of("--until", "TIME", "To the hour before a time, or that it is in.");
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No talk." };
        var server = new ServerOptions(runner);
        var command = new Command("export", About) { from, to, format, kinds, since, until, quiet };
        server.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            if (result.GetValue(format) is { } asked and not Parquet)
            {
                throw new UsageException($"no format '{asked}': there is {Parquet}");
            }

            var progress = new ExportLine(terminal, result.GetValue(quiet));
            var export = new ParquetExport
            {
                Folder = Path.GetFullPath(TextOption.Required(result, to)),
                Kinds = [.. (result.GetValue(kinds) ?? []).Select(KnownKind)],
                SinceNanos = TimeOf(since, result, terminal),
                UntilNanos = TimeOf(until, result, terminal),
                Progressed = progress.Update,
            };
            if (export.UntilNanos != 0 && export.UntilNanos <= export.SinceNanos)
            {
                throw new UsageException("--until is not after --since");
            }

            var folder = result.GetValue(from);
            if (folder is not null && server.IsNamed(result))
            {
                throw new UsageException("--from and --server exclude each other");
            }

            Directory.CreateDirectory(export.Folder);
            Func<CancellationToken, long> run = folder is not null
                ? cancel => FromFolder(folder, terminal, export, cancel)
                : cancel => new ServerExport(server.Read(result, terminal, cancel), export, terminal.Clock).Run(cancel);
            return Run(run, interrupts, progress, export.Folder);
        });
        return command;
    }

    private static int Run(
        Func<CancellationToken, long> run, Interrupts interrupts, ExportLine progress, string folder)
    {
        try
        {
            var records = run(interrupts.Token);
            progress.End($"{Human.Count((ulong)records)} records in {folder}");
            return ExitCode.Ok;
        }
        catch (Exception problem) when (interrupts.Token.IsCancellationRequested
            && problem is OperationCanceledException or Grpc.Core.RpcException)
        {
            progress.End("stopped; the hours that are written are whole");
            return ExitCode.Interrupted;
        }
        finally
        {
            progress.Clear();
        }
    }

    private static long FromFolder(string folder, Terminal terminal, ParquetExport export, CancellationToken cancel)
    {
        string[] places = [folder, Path.Combine(folder, "store"), Path.Combine(folder, "worker", "store")];
        var store = Array.Find(places, place => File.Exists(Path.Combine(place, BooksName)))
            ?? throw new IOException($"there is no store in {folder}");
        using var opened = Open(store, terminal.Clock);
        return opened.ExportParquet(export, cancel);
    }

    private static DuckDbStore Open(string folder, TimeProvider clock)
    {
        try
        {
            return new DuckDbStore(new DuckDbOptions { Folder = folder, Clock = clock });
        }
        catch (IOException problem) when (problem.Message.Contains("lock", StringComparison.OrdinalIgnoreCase))
        {
            throw new IOException(
                $"a worker that runs has the store in {folder} open: ask the worker, with --server", problem);
        }
    }

    private static string KnownKind(string name)
    {
        _ = Protocols.Protocols.Records;
        if (RecordKinds.All.Any(kind => kind.Info.Name == name)) return name;
        var near = Likeness.Nearest(name, RecordKinds.All.Select(kind => kind.Info.Name));
        throw new UsageException($"--kind: there are no records of kind '{name}'"
            + (near is null ? "" : $"; did you mean {near}?"));
    }

    private static long TimeOf(Option<string?> option, ParseResult result, Terminal terminal)
    {
        if (result.GetValue(option) is not { } text) return 0;
        var now = Timestamps.Nanos(terminal.Clock.GetUtcNow());
        return Moment.TryParse(text, now, out var nanos)
            ? nanos
            : throw new UsageException($"{option.Name} is a time such as {Moment.Examples}, not '{text}'");
    }
}
