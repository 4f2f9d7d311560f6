using System.Security.Cryptography;
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

    /// <summary>A file that a worker keeps for a finding.</summary>
    public int Fetch(QueryEndpoint endpoint, string finding, string? path)
    {
        using var channel = QueryChannel.To(endpoint);
        FetchAsync(channel.Client, finding, path).GetAwaiter().GetResult();
        return ExitCode.Ok;
    }

    private async Task FetchAsync(Query.QueryClient client, string finding, string? path)
    {
        using var call = client.Fetch(new FetchRequest { Finding = finding }, cancellationToken: interrupts.Token);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        KeptFile? file = null;
        CaptureTarget? target = null;
        try
        {
            while (await call.ResponseStream.MoveNext(interrupts.Token).ConfigureAwait(false))
            {
                var answer = call.ResponseStream.Current;
                file ??= answer.File;
                if (answer.WhatCase != FetchAnswer.WhatOneofCase.Data) continue;

                target ??= new CaptureTarget(terminal, path);
                target.Write(answer.Data.Span);
                hash.AppendData(answer.Data.Span);
            }
        }
        finally
        {
            target?.Dispose();
        }

        if (file is null || Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
        {
            throw new IOException("the file that came is not the one that was kept: try again");
        }

        var place = path is null ? "" : $" in {path}";
        terminal.Say($"{file.Why}: {Human.Count(file.Packets)} packets, {Human.Count(file.Bytes)} bytes{place}");
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
