using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Cli.Capturing;
using NetSniff.Cli.Commands.Pcap;
using NetSniff.Cli.Outputs;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Capture;

/// <summary>A session from its making to its file.</summary>
internal sealed class SessionRun(Terminal terminal, ClusterWay way, string inNamespace, Interrupts interrupts)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>By then an operator has said something.</summary>
    private static readonly TimeSpan s_heardMax = TimeSpan.FromSeconds(20);

    private bool _isStopping;

    /// <summary>When it has not ended by then, it is given up.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>Whether a node that failed is a failure.</summary>
    public bool IsStrict { get; init; }

    /// <param name="path">Null for the name that the file has.</param>
    public async Task<int> RunAsync(string prefix, JsonObject spec, string? path)
    {
        using var own = way;
        var made = await way.Reading.CreateAsync(
            KubeKinds.Sessions, inNamespace, "", new JsonObject
            {
                ["apiVersion"] = $"{KubeKinds.Sessions.Group}/{KubeKinds.Sessions.Version}",
                ["kind"] = "CaptureSession",
                ["metadata"] = new JsonObject { ["generateName"] = prefix, ["namespace"] = inNamespace },
                ["spec"] = spec,
            },
            interrupts.Token).ConfigureAwait(false);
        var name = KubeObject.Name(made);
        terminal.Say($"session {inNamespace}/{name} is asked for; Ctrl-C ends it early");
        if (await EndAsync(name).ConfigureAwait(false) is not { } session) return ExitCode.TimedOut;

        var end = KubeObject.Condition(session, "Succeeded")!.Value;
        var files = session.List("status", "files").Select(static file => file.Text("name"))
            .Where(static file => file.Length > 0).ToList();
        if (end.Text("status") != "True")
        {
            terminal.Warn($"session {name}: {end.Text("reason")}: {end.Text("message")}".TrimEnd(':', ' '));
            if (files.Count == 0) return ExitCode.Failed;
        }

        if (files.Count == 0)
        {
            terminal.Say("nothing was captured: no packet of these pods was seen in that time");
            return ExitCode.Ok;
        }

        await FetchAsync(name, files, path).ConfigureAwait(false);
        if (end.Text("status") == "True" && end.Text("message") is { Length: > 0 } words) terminal.Say(words);
        return Tell(session);
    }

    /// <summary>The session when it has ended; null when it took too long.</summary>
    private async Task<JsonElement?> EndAsync(string name)
    {
        var (began, isTold, isStarted) = (terminal.Clock.GetTimestamp(), false, false);
        while (true)
        {
            var session = await way.Reading.GetAsync(KubeKinds.Sessions, inNamespace, name, CancellationToken.None)
                .ConfigureAwait(false);
            if (KubeObject.Condition(session, "Succeeded") is { } end && end.Text("status") is "True" or "False")
            {
                return session;
            }

            var passed = terminal.Clock.GetElapsedTime(began);
            if (!isStarted && KubeObject.Is(session, "Started", "True"))
            {
                isStarted = true;
                terminal.Say($"capturing: {KubeObject.Condition(session, "Started")!.Value.Text("message")}");
            }

            if (!isStarted && !isTold && passed > s_heardMax)
            {
                isTold = true;
                terminal.Say("no operator has looked at it yet; `netsniff doctor` says how it is");
            }

            if (passed > Patience)
            {
                terminal.Warn(
                    $"session {inNamespace}/{name} has not ended; `kubectl -n {inNamespace} get csess {name}`");
                return null;
            }

            await PauseAsync(name).ConfigureAwait(false);
        }
    }

    private async Task PauseAsync(string name)
    {
        if (!_isStopping) interrupts.Token.WaitHandle.WaitOne(s_look);
        else await Task.Delay(s_look).ConfigureAwait(false);
        if (!interrupts.Token.IsCancellationRequested || _isStopping) return;

        _isStopping = true;
        terminal.Say("ending it; what there is will be fetched");
        await way.Reading.PatchAsync(
            KubeKinds.Sessions, inNamespace, name, new JsonObject { ["spec"] = new JsonObject { ["stop"] = true } },
            CancellationToken.None).ConfigureAwait(false);
    }

    private async Task FetchAsync(string name, List<string> files, string? path)
    {
        var endpoint = await way.WorkerAsync([inNamespace], CancellationToken.None, forPackets: true)
            .ConfigureAwait(false);
        using var channel = QueryChannel.To(endpoint);
        foreach (var file in files)
        {
            // One file goes where it was said to go; of several each has its own name beside it.
            var place = path == "-" ? null : path is null || files.Count > 1 ? file : path;
            await FetchAsync(channel.Client, name, file, place).ConfigureAwait(false);
        }
    }

    private async Task FetchAsync(Query.QueryClient client, string name, string file, string? place)
    {
        using var call = client.Fetch(new FetchRequest { Session = $"{inNamespace}/{name}", Name = file });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CaptureTarget? target = null;
        var (wanted, bytes) = ("", 0L);
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
                var answer = call.ResponseStream.Current;
                if (answer.File is { } about) wanted = about.Sha256;
                if (answer.WhatCase != FetchAnswer.WhatOneofCase.Data) continue;

                target ??= new CaptureTarget(terminal, place);
                target.Write(answer.Data.Span);
                hash.AppendData(answer.Data.Span);
                bytes += answer.Data.Length;
            }
        }
        finally
        {
            target?.Dispose();
        }

        if (wanted.Length > 0 && Convert.ToHexStringLower(hash.GetHashAndReset()) != wanted)
        {
            throw new IOException($"{file} came damaged: its SHA-256 is another than the worker says");
        }

        terminal.Say($"{Human.Count((ulong)bytes)} bytes{(place is null ? "" : $" in {place}")}");
    }

    private int Tell(JsonElement session)
    {
        var failed = session.Number("status", "nodes", "failed") ?? 0;
        var lost = session.Inner("status", "dropped") is { ValueKind: JsonValueKind.Number } count
            && count.TryGetInt64(out var value) ? value : 0;
        if (failed > 0)
        {
            var matched = session.Number("status", "nodes", "matched") ?? failed;
            terminal.Say(string.Create(
                CultureInfo.InvariantCulture, $"incomplete: {failed} of {matched} nodes did not give all"));
        }

        if (lost > 0) terminal.Say($"lost on the way: {Human.Count((ulong)lost)} packets");
        if (_isStopping) return ExitCode.Interrupted;

        return IsStrict && (failed > 0 || lost > 0) ? ExitCode.Partial : ExitCode.Ok;
    }
}
