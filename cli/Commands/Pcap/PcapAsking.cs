using Grpc.Core;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Outputs;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Pcap;

/// <summary>Asks a worker for packets and writes the file that comes.</summary>
internal sealed class PcapAsking(Terminal terminal, Interrupts interrupts)
{
    private Completeness? _completeness;
    private ulong _packets;
    private ulong _bytes;

    /// <summary>Whether an answer that lacks anything is a failure.</summary>
    public bool IsStrict { get; init; }

    public int Run(QueryEndpoint endpoint, PacketsRequest request, string? path)
    {
        using var channel = QueryChannel.To(endpoint);
        try
        {
            ReadAsync(channel.Client, request, path).GetAwaiter().GetResult();
        }
        catch (RpcException) when (interrupts.Token.IsCancellationRequested)
        {
            // What came is written; who stopped it knows that there is more.
        }

        Tell(path);
        if (interrupts.Reason == StopReason.Interrupted) return ExitCode.Interrupted;

        var isPartial = _completeness is null
            || _completeness.Absent.Count + _completeness.AbsentSensors.Count > 0 || _completeness.IsCut;
        return IsStrict && isPartial ? ExitCode.Partial : ExitCode.Ok;
    }

    private async Task ReadAsync(Query.QueryClient client, PacketsRequest request, string? path)
    {
        using var call = client.Packets(request, cancellationToken: interrupts.Token);
        CaptureTarget? target = null;
        try
        {
            while (await call.ResponseStream.MoveNext(interrupts.Token).ConfigureAwait(false))
            {
                var answer = call.ResponseStream.Current;
                (_packets, _bytes) = (answer.Packets, answer.Bytes);
                if (answer.WhatCase == PacketsAnswer.WhatOneofCase.Completeness) _completeness = answer.Completeness;
                if (answer.WhatCase != PacketsAnswer.WhatOneofCase.Pcapng) continue;

                // Not before there is something to write: a refusal leaves an older file alone.
                target ??= new CaptureTarget(terminal, path);
                target.Write(answer.Pcapng.Span);
            }
        }
        finally
        {
            target?.Dispose();
        }
    }

    private void Tell(string? path)
    {
        foreach (var one in _completeness?.Absent ?? []) terminal.Say($"incomplete: worker {one.Worker}: {one.Why}");
        foreach (var one in _completeness?.AbsentSensors ?? []) terminal.Say($"incomplete: {one.Worker}: {one.Why}");
        foreach (var note in _completeness?.Notes ?? []) terminal.Say(note);
        foreach (var loss in _completeness?.Losses ?? [])
        {
            terminal.Say($"lost since the sensor began: {loss.Stage} {loss.What} {Human.Count((ulong)loss.Count)}");
        }

        var here = _completeness is { } whole ? whole.Sensors - (uint)whole.AbsentSensors.Count : 0;
        var sensors = _completeness is null ? "" : $" of {here} {(here == 1 ? "sensor" : "sensors")}";
        var place = path is null ? "" : $" in {path}";
        terminal.Say($"{Human.Count(_packets)} packets{sensors}, {Human.Count(_bytes)} bytes{place}");
    }
}
