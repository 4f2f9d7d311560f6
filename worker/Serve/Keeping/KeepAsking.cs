using Grpc.Core;
using NetSniff.Json;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Keeping;

/// <summary>Has packets cut into files that are kept, and gives those files to whoever may have them.</summary>
internal sealed class KeepAsking(KeptFiles files, PacketAsking packets, FanOut fanOut, TimeProvider clock)
{
    private const int NameLengthMax = 253;
    private const int NamespacesMax = 8;
    private const int PieceBytes = 256 * 1024;

    private static readonly TimeSpan s_tellEvery = TimeSpan.FromSeconds(2);

    /// <summary>Cuts now, tells how far it is, and at the end which file came of it.</summary>
    public async Task KeepAsync(
        KeepRequest request, Caller caller, IAnswers<KeepAnswer> answers, CancellationToken cancel)
    {
        if (request.Packets is not { Follow: false } asked) throw Asking.Wrong("which packets, of the past?");
        if (request.Session.Length is 0 or > 2 * NameLengthMax || request.Name.Length is 0 or > NameLengthMax)
        {
            throw Asking.Wrong("a session and a file have names");
        }

        if (request.Namespaces.Count > NamespacesMax) throw Asking.Wrong($"at most {NamespacesMax} namespaces");

        var kept = TimeSpan.FromSeconds(request.KeepSeconds);
        var file = NewFile(kept);
        (file.Session, file.Name) = (request.Session, request.Name);
        file.Why = asked.Why;
        file.Namespaces.AddRange(request.Namespaces);
        var (whole, completeness) = await CutAsync(
            file, asked, caller,
            (count, bytes) => answers.WriteAsync(new KeepAnswer { Packets = count, Bytes = bytes }, cancel), cancel)
            .ConfigureAwait(false);
        await answers.WriteAsync(
            new KeepAnswer { Packets = whole.Packets, Bytes = whole.Bytes, File = whole, Completeness = completeness },
            cancel).ConfigureAwait(false);
    }

    /// <summary>The same for a finding.</summary>
    public async Task<KeptFile> KeepAsync(
        KeptFile about, PacketsRequest request, Caller caller, CancellationToken cancel)
    {
        var file = NewFile(KeptFiles.FindingKept);
        file.MergeFrom(about);
        var (whole, _) = await CutAsync(file, request, caller, static (_, _) => Task.CompletedTask, cancel)
            .ConfigureAwait(false);
        return whole;
    }

    public async Task FetchAsync(
        FetchRequest request, Caller caller, IAnswers<FetchAnswer> answers, CancellationToken cancel)
    {
        if (files.Find(request) is { } file)
        {
            Check(file, caller);
            using var stream = files.Open(file);
            await answers.WriteAsync(new FetchAnswer { File = file }, cancel).ConfigureAwait(false);
            var buffer = new byte[PieceBytes];
            while (await stream.ReadAsync(buffer, cancel).ConfigureAwait(false) is var length and > 0)
            {
                var piece = Google.Protobuf.ByteString.CopyFrom(buffer, 0, length);
                await answers.WriteAsync(new FetchAnswer { Data = piece }, cancel).ConfigureAwait(false);
            }

            return;
        }

        var isFound = !request.Local
            && await FetchFromOthersAsync(request, caller, answers, cancel).ConfigureAwait(false);
        if (!isFound) throw new RpcException(new Status(
            StatusCode.NotFound, "there is no such file: it was never made, has expired, or made room for others"));
    }

    public async Task<ForgetAnswer> ForgetAsync(ForgetRequest request, CancellationToken cancel)
    {
        var answer = new ForgetAnswer { Files = (uint)files.Forget(request.Session) };
        if (request.Local) return answer;

        var asked = new ForgetRequest { Session = request.Session, Local = true };
        foreach (var other in await fanOut.AskAsync(
            fanOut.Others,
            async (client, options) => await client.ForgetAsync(asked, options).ConfigureAwait(false),
            cancel).ConfigureAwait(false))
        {
            answer.Files += other.Answer?.Files ?? 0;
        }

        return answer;
    }

    private async Task<bool> FetchFromOthersAsync(
        FetchRequest request, Caller caller, IAnswers<FetchAnswer> answers, CancellationToken cancel)
    {
        var asked = request.Clone();
        asked.Local = true;
        foreach (var other in fanOut.Others)
        {
            try
            {
                using var call = fanOut.ClientOf(other).Fetch(asked, cancellationToken: cancel);
                while (await call.ResponseStream.MoveNext(cancel).ConfigureAwait(false))
                {
                    var answer = call.ResponseStream.Current;
                    // They gave it to us; whether we may hand it on is our caller's matter.
                    if (answer.File is { } file) Check(file, caller);
                    await answers.WriteAsync(answer, cancel).ConfigureAwait(false);
                }

                return true;
            }
            catch (RpcException problem) when (problem.StatusCode is StatusCode.NotFound or StatusCode.Unavailable
                or StatusCode.Unimplemented)
            {
                // The next one may have it.
            }
        }

        return false;
    }

    /// <summary>Refused as if it were not there: that there is one is a secret, too.</summary>
    private static void Check(KeptFile file, Caller caller)
    {
        if (caller.Sight.Covers(file.Namespaces)) return;

        throw new RpcException(new Status(
            StatusCode.PermissionDenied, "there is no such file in the namespaces that were named"));
    }

    private KeptFile NewFile(TimeSpan keptFor)
    {
        var now = clock.GetUtcNow();
        var kept = keptFor <= TimeSpan.Zero || keptFor > KeptFiles.KeptMax ? KeptFiles.KeptMax : keptFor;
        return new KeptFile { CreatedNanos = Timestamps.Nanos(now), ExpiresNanos = Timestamps.Nanos(now + kept) };
    }

    private async Task<(KeptFile File, Completeness Completeness)> CutAsync(
        KeptFile file, PacketsRequest request, Caller caller, Func<ulong, ulong, Task> tell, CancellationToken cancel)
    {
        using var writing = files.Begin(file);
        var answers = new Pieces(writing, tell, clock);
        await packets.RunAsync(request, caller, null, answers, cancel).ConfigureAwait(false);
        return (writing.Finish(answers.Packets), answers.Completeness);
    }

    private sealed class Pieces(KeptWriting writing, Func<ulong, ulong, Task> tell, TimeProvider clock)
        : IAnswers<PacketsAnswer>
    {
        private long _told = clock.GetTimestamp();

        public ulong Packets { get; private set; }

        public Completeness Completeness { get; private set; } = new();

        public async Task WriteAsync(PacketsAnswer answer, CancellationToken cancel)
        {
            Packets = answer.Packets;
            if (answer.WhatCase == PacketsAnswer.WhatOneofCase.Completeness) Completeness = answer.Completeness;
            else await writing.WriteAsync(answer.Pcapng.Memory, cancel).ConfigureAwait(false);
            if (clock.GetElapsedTime(_told) < s_tellEvery) return;

            _told = clock.GetTimestamp();
            await tell(answer.Packets, answer.Bytes).ConfigureAwait(false);
        }
    }
}
