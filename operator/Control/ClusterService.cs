using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NetSniff.Wire.Cluster;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.Control;

/// <summary>The operator's end of the conversations with members.</summary>
internal sealed class ClusterService(ControlOptions options, ClusterMembers members) : Cluster.ClusterBase, IDisposable
{
    private const string SensorName = "netsniff-sensor", WorkerName = "netsniff-worker";

    private static readonly TimeSpan s_helloMax = TimeSpan.FromSeconds(5);

    /// <summary>A member gives up after five seconds.</summary>
    private static readonly TimeSpan s_keptMax = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _leaving = new();

    /// <summary>Ends every conversation, and takes no more.</summary>
    public void Leave() => _leaving.Cancel();

    public void Dispose() => _leaving.Dispose();

    public override async Task Attend(
        IAsyncStreamReader<FromMember> requestStream,
        IServerStreamWriter<FromOperator> responseStream,
        ServerCallContext context)
    {
        if (!await MayTakeSoonAsync(context.CancellationToken).ConfigureAwait(false)) throw NotLeading();

        var hello = await HelloAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        if (!MaySay(context.GetHttpContext().Connection.ClientCertificate, hello.Kind))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied, $"the certificate is not that of a {KindOf(hello)}"));
        }

        var line = members.Open(hello)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "there are too many members"));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, line.Superseded, _leaving.Token);
        var saying = SayAsync(line, responseStream, ending);
        try
        {
            await HearAsync(line, requestStream, ending.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Its end, ours, or the line's.
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await saying.ConfigureAwait(false);
            members.Close(line);
            line.Dispose();
        }

        if (!MayTake) throw NotLeading();
    }

    private bool MayTake => !_leaving.IsCancellationRequested && options.IsLeader();

    /// <summary>While one leader is gone and the next not there yet, whoever comes waits here.</summary>
    private async Task<bool> MayTakeSoonAsync(CancellationToken cancel)
    {
        var began = options.Clock.GetTimestamp();
        while (!MayTake)
        {
            var isWorthIt = options.MayLeadSoon() && !_leaving.IsCancellationRequested
                && options.Clock.GetElapsedTime(began) < s_keptMax;
            if (!isWorthIt) return false;

            await Task.Delay(s_lookEvery, options.Clock, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancel.IsCancellationRequested) return false;
        }

        return true;
    }

    private static RpcException NotLeading() =>
        new(new Status(StatusCode.Unavailable, "this replica of the operator does not lead"));

    private static MemberKind KindOf(ClusterHello hello) =>
        hello.Kind == ClusterKind.Sensor ? MemberKind.Sensor : MemberKind.Worker;

    /// <summary>One certificate is for all sensors, another for all workers: neither speaks for the other.</summary>
    private static bool MaySay(X509Certificate2? certificate, ClusterKind kind)
    {
        if (certificate is null) return true; // no security is asked for

        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return kind == ClusterKind.Sensor ? name == SensorName : name == WorkerName;
    }

    private static async Task<ClusterHello> HelloAsync(
        IAsyncStreamReader<FromMember> requests, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_helloMax);
        var hasFirst = await requests.MoveNext(limit.Token).ConfigureAwait(false);
        var hello = hasFirst ? requests.Current.Hello : null;
        const int LengthMax = ClusterLimits.NameLengthMax;
        var isSound = hello is
        {
            Kind: ClusterKind.Sensor or ClusterKind.Worker, Pod.Length: > 0 and <= LengthMax, Node.Length: <= LengthMax,
            Class.Length: <= LengthMax, Version.Length: <= LengthMax,
        };
        return isSound
            ? hello!
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "a conversation begins with ClusterHello"));
    }

    private async Task HearAsync(
        MemberLine line, IAsyncStreamReader<FromMember> requests, CancellationToken ending)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ending);
        do silence.CancelAfter(options.SilenceMax);
        while (await requests.MoveNext(silence.Token).ConfigureAwait(false) && Take(line, requests.Current));
    }

    /// <returns>False when the member says too much.</returns>
    private bool Take(MemberLine line, FromMember word)
    {
        switch (word.WhatCase)
        {
            case FromMember.WhatOneofCase.Report:
                if (!MemberReading.IsSound(word.Report)) return false;

                members.Take(line, word.Report);
                return true;
            case FromMember.WhatOneofCase.Ended:
                line.End(word.Ended);
                return true;
            default:
                return true; // a word of a later version
        }
    }

    private async Task SayAsync(
        MemberLine line, IServerStreamWriter<FromOperator> answers, CancellationTokenSource ending)
    {
        try
        {
            var welcome = new FromOperator { Welcome = new ClusterWelcome { Version = options.Version } };
            await answers.WriteAsync(welcome, CancellationToken.None).ConfigureAwait(false);
            while (MayTake)
            {
                var word = line.NextWord() ?? members.NextPlan(line);
                if (word is null)
                {
                    var isNews = await line.Waiting.WaitAsync(options.BeatEvery, ending.Token).ConfigureAwait(false);
                    if (isNews) continue;

                    word = new FromOperator { Beat = new ClusterBeat() };
                }

                await answers.WriteAsync(word, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The connection is over; so is this.
        }

        await ending.CancelAsync().ConfigureAwait(false);
    }
}
