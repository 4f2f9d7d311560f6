using Google.Protobuf;
using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Store;

namespace NetSniff.Worker.Serve;

/// <summary>SQL on every worker. Rows come worker by worker, behind a column `worker` where there are several; each
/// runs the whole statement over what it has, so what is summed, sorted or cut is so for each worker alone.</summary>
internal sealed class SqlAsking(
    IRecordStore store, ReadGate gate, FanOut fanOut, IWorkerAccount account, ServeLimits limits)
{
    private const int RowsAtOnce = 500;
    private const int BytesAtOnceMax = 1 << 20;
    private const string WorkerColumn = "worker";

    public async Task RunAsync(SqlRequest request, IAnswers<SqlAnswer> answers, CancellationToken cancel)
    {
        var query = Check(request);
        var others = request.Local ? [] : fanOut.Others;
        var completeness = account.Completeness(0, 0);
        var asked = request.Clone();
        asked.Local = true;
        var asking = fanOut.AskAsync(
            others, (client, options) => CollectAsync(client, asked, options), query.Timeout + limits.MemberWait,
            cancel);
        var own = await ReadAsync(query, cancel).ConfigureAwait(false);
        var isMany = others.Count > 0;
        await answers.WriteAsync(Head(own, isMany), cancel).ConfigureAwait(false);
        var rows = own.Rows.Select(row => RowOf(isMany ? account.Name : null, row)).ToList();
        var isCut = own.IsCut;
        foreach (var answer in await asking.ConfigureAwait(false))
        {
            if (answer.Answer is { } said && HasColumns(said, own))
            {
                completeness.Merge(said.Completeness);
                isCut |= said.IsCut;
                rows.AddRange(said.Rows.Select(row => RowOf(answer.Worker, row.Values)));
            }
            else
            {
                completeness.Miss(answer.Worker, answer.Why ?? "its columns are others");
            }
        }

        isCut |= rows.Count > query.RowsMax;
        await SendAsync(rows.Take(query.RowsMax), answers, cancel).ConfigureAwait(false);
        completeness.IsCut = isCut;
        await answers.WriteAsync(new SqlAnswer { IsCut = isCut, Completeness = completeness }, cancel)
            .ConfigureAwait(false);
    }

    private SqlQuery Check(SqlRequest request)
    {
        var text = request.Sql.Trim();
        if (text.Length == 0) throw Asking.Wrong("there is no SQL to run");
        if (text.Length > limits.SqlLengthMax)
        {
            throw Asking.Wrong($"the SQL has {text.Length} characters; the most is {limits.SqlLengthMax}");
        }

        var rows = request.RowsMax == 0 ? limits.SqlRowsMax : (int)Math.Min(request.RowsMax, (uint)limits.SqlRowsMax);
        var timeout = request.TimeoutMs == 0 ? limits.SqlDefault : TimeSpan.FromMilliseconds(request.TimeoutMs);
        return new SqlQuery(text, rows, timeout < limits.SqlMax ? timeout : limits.SqlMax);
    }

    private async Task<SqlResult> ReadAsync(SqlQuery query, CancellationToken cancel)
    {
        using var place = await gate.EnterAsync(cancel).ConfigureAwait(false);
        return await Task.Run(() => store.Sql(query, cancel), cancel).ConfigureAwait(false);
    }

    private static async Task<SqlAnswer> CollectAsync(Query.QueryClient client, SqlRequest request, CallOptions options)
    {
        using var call = client.Sql(request, options);
        var whole = new SqlAnswer();
        while (await call.ResponseStream.MoveNext(options.CancellationToken).ConfigureAwait(false))
        {
            // Bounded: everyone stops at the rows that were asked for, and those have their limit.
            whole.MergeFrom(call.ResponseStream.Current);
        }

        return whole;
    }

    private static async Task SendAsync(
        IEnumerable<SqlRow> rows, IAnswers<SqlAnswer> answers, CancellationToken cancel)
    {
        var answer = new SqlAnswer();
        var bytes = 0;
        foreach (var row in rows)
        {
            answer.Rows.Add(row);
            bytes += row.CalculateSize();
            if (answer.Rows.Count < RowsAtOnce && bytes < BytesAtOnceMax) continue;

            await answers.WriteAsync(answer, cancel).ConfigureAwait(false);
            (answer, bytes) = (new SqlAnswer(), 0);
        }

        if (answer.Rows.Count > 0) await answers.WriteAsync(answer, cancel).ConfigureAwait(false);
    }

    private static SqlAnswer Head(SqlResult result, bool isMany)
    {
        var head = new SqlAnswer();
        if (isMany) head.Columns.Add(new SqlColumn { Name = WorkerColumn, Type = "VARCHAR" });
        head.Columns.AddRange(
            result.Columns.Select(column => new SqlColumn { Name = column.Name, Type = column.Type }));
        return head;
    }

    private static bool HasColumns(SqlAnswer answer, SqlResult own) =>
        answer.Columns.Select(column => (column.Name, column.Type)).SequenceEqual(own.Columns);

    private static SqlRow RowOf(string? worker, IEnumerable<string> values)
    {
        var row = new SqlRow();
        if (worker is not null) row.Values.Add(System.Text.Json.JsonSerializer.Serialize(worker));
        row.Values.AddRange(values);
        return row;
    }
}
