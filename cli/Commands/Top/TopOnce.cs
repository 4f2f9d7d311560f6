using System.Text;
using NetSniff.Cli.Commands.Servers;
using NetSniff.Cli.Plugin;
using NetSniff.Records;
using NetSniff.Wire.Batches;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Top;

/// <summary>One picture of a worker's last minute, for a pipe or a script.</summary>
internal sealed class TopOnce(Terminal terminal, QueryEndpoint endpoint, RecordScope scope)
{
    private const long LookBackNanos = 60_000_000_000;

    /// <summary>Columns where there is no terminal to ask.</summary>
    private const int ColumnsDefault = 120;

    /// <summary>Rows of one table.</summary>
    private const int RowsMax = 20;

    /// <summary>Lines above a table: title, totals, speed, losses, the names of the tables.</summary>
    private const int HeadLines = 5;

    private readonly BatchDecoder _decoder = new() { TakesPeers = true };
    private readonly TopTally _tally = new();

    public async Task<int> RunAsync(string where, CancellationToken cancel)
    {
        var talk = new CompletenessTalk(terminal);
        var now = terminal.Clock.GetUtcNow();
        var request = new ObserveRequest { Where = where, SinceNanos = Timestamps.Nanos(now) - LookBackNanos };
        using var channel = QueryChannel.To(endpoint);
        using var call = channel.Client.Observe(request, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel).ConfigureAwait(false))
        {
            var answer = call.ResponseStream.Current;
            if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Completeness) Hear(answer.Completeness, talk);
            else if (answer.WhatCase == ObserveAnswer.WhatOneofCase.Batch) Take(answer.Batch.Span);
        }

        _tally.Average();
        var title = scope.ToString() is { Length: > 0 } words ? $"{endpoint.Title}, {words}" : endpoint.Title;
        var head = new TopHead(
            title, "", TimeSpan.FromSeconds(60), TimeZoneInfo.ConvertTime(now, terminal.Zone), IsOver: false);
        terminal.Output.Write(Encoding.UTF8.GetBytes(Draw(head)));
        return ExitCode.Ok;
    }

    private void Hear(Completeness completeness, CompletenessTalk talk)
    {
        talk.Hear(completeness);
        _tally.Lost = [.. completeness.Losses.Where(static loss => loss.IsLoss)
            .Select(static loss => ($"{loss.Stage} {loss.What}", loss.Count))];
    }

    private void Take(ReadOnlySpan<byte> batch)
    {
        if (!_decoder.TryRead(batch)) throw new IOException($"the worker sent a batch that is {_decoder.Problem}");

        foreach (var record in new RecordWalker(_decoder.Records)) _tally.AddRecord(record, hasTraffic: true);
    }

    /// <summary>The three tables one below the other, without what is for keys.</summary>
    private string Draw(in TopHead head)
    {
        var width = terminal.IsOutputTerminal ? terminal.Columns() : ColumnsDefault;
        var page = new TopPage(isColoured: false);
        var text = new StringBuilder();
        foreach (var pane in Enum.GetValues<TopPane>())
        {
            var state = new TopState();
            state.Show(pane);
            var lines = page.Draw(_tally, state, head, width, HeadLines + RowsMax + 2);
            var isFirst = pane == TopPane.Talkers;
            foreach (var line in lines.Take(lines.Count - 1).Skip(isFirst ? 0 : HeadLines))
            {
                // The line with the names of the panes is for keys.
                if (line.Trim().Length == 0 || (isFirst && line == lines[HeadLines - 1])) continue;

                text.Append(line.TrimEnd()).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + '\n';
    }
}
