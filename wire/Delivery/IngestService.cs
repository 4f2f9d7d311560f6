using System.Diagnostics;
using Grpc.Core;
using NetSniff.Wire.Security;
using NetSniff.Wire.Telemetry;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Delivery;

/// <summary>A worker's end of the conversation with its sensors: batches go into the inbox in the order they come, and
/// what is durable is acknowledged.</summary>
public sealed class IngestService(IInbox inbox) : Ingest.IngestBase
{
    private static readonly TimeSpan s_helloMax = TimeSpan.FromSeconds(5);

    /// <summary>Sensors of before do not answer Leaving, and a worker that stops is not held up by them for longer.
    /// </summary>
    private static readonly TimeSpan s_goodbyeMax = TimeSpan.FromSeconds(2);

    /// <summary>A full inbox is asked again so often.</summary>
    private static readonly TimeSpan s_fullPause = TimeSpan.FromMilliseconds(100);

    public override async Task Deliver(
        IAsyncStreamReader<FromSensor> requestStream,
        IServerStreamWriter<FromWorker> responseStream,
        ServerCallContext context)
    {
        var hello = await HelloAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        if (!SensorName.MaySend(context.GetHttpContext().Connection.ClientCertificate, hello.Sensor))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied, "the certificate names a sensor, and this spool is not one of its"));
        }

        using var session = inbox.Open(hello)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "no room for this sensor now"));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, session.Superseded, inbox.Leaving);
        using var answers = new IngestAnswers(session, responseStream);
        await answers.WelcomeAsync(inbox).ConfigureAwait(false);
        using var stopAnswering = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, session.Superseded);
        var answering = answers.RunAsync(stopAnswering.Token);
        try
        {
            await TakeAsync(requestStream, session, answers, ending.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // Its end, ours, or the line's: what was taken in is durable, whatever the sensor heard of it.
        }

        await stopAnswering.CancelAsync().ConfigureAwait(false);
        await answering.ConfigureAwait(false);
        if (session.Superseded.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Aborted, "the sensor has another connection"));
        }

        context.CancellationToken.ThrowIfCancellationRequested();
        var isLeaving = inbox.Leaving.IsCancellationRequested;
        await answers.FinishAsync(isLeaving).ConfigureAwait(false);
        if (isLeaving) await HearOutAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the sensor's end of the conversation. The server closes its connections next, and a client
    /// whose request is still open then loses the last words, though they have arrived.</summary>
    private static async Task HearOutAsync(IAsyncStreamReader<FromSensor> requests, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_goodbyeMax);
        try
        {
            // What was on its way is not taken: without an acknowledgement it goes to others.
            while (await requests.MoveNext(limit.Token).ConfigureAwait(false))
            {
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // It says nothing more, or is gone.
        }
    }

    private static async Task<Hello> HelloAsync(IAsyncStreamReader<FromSensor> requests, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_helloMax);
        var hasFirst = await requests.MoveNext(limit.Token).ConfigureAwait(false);
        return hasFirst && requests.Current.WhatCase == FromSensor.WhatOneofCase.Hello
            ? requests.Current.Hello
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "a conversation begins with Hello"));
    }

    private static async Task TakeAsync(
        IAsyncStreamReader<FromSensor> requests,
        IInboxSession session,
        IngestAnswers answers,
        CancellationToken ending)
    {
        while (await requests.MoveNext(ending).ConfigureAwait(false))
        {
            switch (requests.Current.WhatCase)
            {
                case FromSensor.WhatOneofCase.Batch:
                    await TakeAsync(requests.Current.Batch, session, answers, ending).ConfigureAwait(false);
                    break;
                case FromSensor.WhatOneofCase.Status:
                    session.Report(requests.Current.Status);
                    break;
                case FromSensor.WhatOneofCase.Goodbye:
                    return;
                case FromSensor.WhatOneofCase.Hello:
                    throw new RpcException(new Status(StatusCode.InvalidArgument, "Hello comes once"));
                default:
                    break; // a word of a later version
            }
        }
    }

    private static async Task TakeAsync(
        Batch batch, IInboxSession session, IngestAnswers answers, CancellationToken ending)
    {
        using var step = BatchTrace.Step(batch.TraceParent, "batch ingest", ActivityKind.Consumer);
        while (true)
        {
            switch (session.Take(batch))
            {
                case InboxAnswer.Durable:
                    answers.Took(batch);
                    return;
                case InboxAnswer.Refused:
                    throw new RpcException(new Status(StatusCode.InvalidArgument, "not a batch"));
                case InboxAnswer.Superseded:
                    throw new OperationCanceledException();
                default:
                    // Nothing more is read meanwhile, so that the sensor keeps what it has.
                    answers.IsFull = true;
                    await Task.Delay(s_fullPause, ending).ConfigureAwait(false);
                    answers.IsFull = false;
                    break;
            }
        }
    }
}
