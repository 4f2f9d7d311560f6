using System.CommandLine;
using System.Globalization;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Sql;

/// <summary>`netsniff sql`: read-only SQL over what the workers keep.</summary>
internal static class SqlCommand
{
    private const string About =
        """
        Run read-only SQL over what the workers keep: a table for each kind of record, `flow`, `http`, `dns` …, with a
        column for each field (http.status is http's column status), and the view `connections`.

        Examples:
          netsniff sql "SELECT src_ip, count(*) AS calls FROM http WHERE status >= 500 GROUP BY ALL ORDER BY calls DESC"
          netsniff sql "SELECT time_bucket(INTERVAL '1 minute', time) AS minute, count(*) FROM dns GROUP BY ALL" -o csv
          netsniff sql - <report.sql
          netsniff sql "SHOW TABLES"; netsniff sql "DESCRIBE http"
        """;

    private static readonly string[] s_formats =
        [.. Enum.GetNames<SqlFormat>().Select(name => name.ToLowerInvariant())];

    public static Command Make(CommandRunner runner)
    {
        var text = new Argument<string?>("SQL")
        {
            Description = "The statement; - reads it from standard input.", Arity = ArgumentArity.ZeroOrOne,
        };
        var format = Text(
            "--output", "FORMAT", "table, json, jsonl or csv. Without it: table on a terminal, jsonl otherwise.");
        format.Aliases.Add("-o");
        format.CompletionSources.Add(s_formats);
        var rows = Text("--rows", "N", "At most so many rows.");
        var timeout = Text("--timeout", "LENGTH", "Give up after so long: 10s, 2m.");
        var color = new Option<string>("--color")
        {
            Description = "auto, always or never. NO_COLOR is respected.", HelpName = "WHEN",
            DefaultValueFactory = static _ => "auto",
        };
        var wide = new Option<bool>("--wide") { Description = "Leave out and cut nothing, whatever the terminal." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Rows alone, no talk." };
        var strict = new Option<bool>("--strict") { Description = "Exit with 3 when not every worker answered." };
        var server = new ServerOptions(runner);
        var command = new Command("sql", About) { text, format, rows, timeout, color, wide, quiet, strict };
        server.AddTo(command);
        runner.Set(command, (result, terminal, interrupts) =>
        {
            var limit = Durations.ParseOption(timeout.Name, result.GetValue(timeout));
            var request = new SqlRequest
            {
                Sql = Statement(result.GetValue(text), terminal),
                RowsMax = Count(rows, result),
                TimeoutMs = (uint)Math.Min(limit?.TotalMilliseconds ?? 0, uint.MaxValue),
            };
            var isColoured = CaptureOptions.IsColoured(result.GetValue(color)!, terminal.IsOutputTerminal, terminal);
            var asked = Format(result.GetValue(format), terminal);
            var isFitted = terminal.IsOutputTerminal && !result.GetValue(wide);
            var line = new Line(isColoured, isFitted ? terminal.Columns() : Line.Endless);
            var asking = new Asking(terminal, asked, line, result.GetValue(quiet), result.GetValue(strict));
            var endpoint = server.Read(result, terminal, interrupts.Token);
            return asking.RunAsync(endpoint, request, interrupts).GetAwaiter().GetResult();
        });
        return command;
    }

    private static string Statement(string? text, Terminal terminal)
    {
        if (text is not null and not "-") return text;
        if (text is null && terminal.IsInputTerminal)
        {
            throw new UsageException("no statement: `netsniff sql \"SELECT …\"`, or - for standard input");
        }

        return terminal.Input.ReadToEnd();
    }

    private static SqlFormat Format(string? text, Terminal terminal)
    {
        if (text is null) return terminal.IsOutputTerminal ? SqlFormat.Table : SqlFormat.Jsonl;

        var index = Array.IndexOf(s_formats, text);
        return index >= 0
            ? (SqlFormat)index
            : throw new UsageException($"no output format '{text}': use {string.Join(", ", s_formats)}");
    }

    private static uint Count(Option<string?> option, ParseResult result)
    {
        if (result.GetValue(option) is not { } text) return 0;

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UsageException($"{option.Name} is a whole number from 1 on, not '{text}'");
    }

    private static Option<string?> Text(string name, string help, string about) =>
        new(name) { Description = about, HelpName = help };

    private sealed class Asking(Terminal terminal, SqlFormat format, Line line, bool isQuiet, bool isStrict)
    {
        public async Task<int> RunAsync(QueryEndpoint endpoint, SqlRequest request, Interrupts interrupts)
        {
            using var channel = QueryChannel.To(endpoint);
            var buffer = new OutputBuffer(terminal.Output);
            var rows = new SqlRows(buffer, format, line);
            var talk = new CompletenessTalk(terminal);
            try
            {
                using var call = channel.Client.Sql(request, cancellationToken: interrupts.Token);
                while (await call.ResponseStream.MoveNext(interrupts.Token).ConfigureAwait(false))
                {
                    var answer = call.ResponseStream.Current;
                    if (answer.Columns.Count > 0) rows.Begin(answer.Columns);
                    foreach (var row in answer.Rows) rows.Add(row);
                    if (answer.Completeness is { } completeness) talk.Hear(completeness);
                }
            }
            catch (Grpc.Core.RpcException) when (interrupts.Token.IsCancellationRequested)
            {
                rows.End();
                return ExitCode.Interrupted;
            }

            rows.End();
            if (!isQuiet && terminal.IsErrorTerminal && format == SqlFormat.Table)
            {
                terminal.Error.WriteLine($"{Human.Count((ulong)rows.Count)} {(rows.Count == 1 ? "row" : "rows")}");
            }

            if (!isQuiet) talk.SayLosses();
            return isStrict && talk.IsPartial ? ExitCode.Partial : ExitCode.Ok;
        }
    }
}
