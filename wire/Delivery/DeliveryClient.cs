using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Telemetry;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Delivery;

/// <summary>Carries a <see cref="WorkerLink"/>'s words to its worker and back, and comes again when the connection is
/// lost.</summary>
public sealed class DeliveryClient(
    DeliveryOptions options, RingMember member, IOutbox outbox, Func<SensorStatus>? status = null)
{
    /// <summary>Whose name a certificate must have.</summary>
    private const string Whose = "the worker's";

    private readonly WorkerLink _link = new(outbox);
    private readonly Lock _lock = new();
    private readonly Random _jitter = new(HashCode.Combine(options.Sensor, member.Name));
    private volatile bool _isClosing;

    public RingMember Member => member;

    public bool IsUp
    {
        get
        {
            lock (_lock) return _link.State == LinkState.Up;
        }
    }

    /// <summary>What the worker last said of its load.</summary>
    public int Weight
    {
        get
        {
            lock (_lock) return _link.Weight;
        }
    }

    /// <summary>The worker ended the last conversation in order and has not been back since.</summary>
    public bool HasLeft
    {
        get
        {
            lock (_lock) return _link.HasLeft;
        }
    }

    /// <summary>Why there is no connection; null while there is one.</summary>
    public string? Problem { get; private set; }

    public long Connections { get; private set; }

    /// <summary>Set when the state of the link may have changed.</summary>
    public Wakeup? Changed { get; init; }

    /// <summary>Sends what waits, waits for its acknowledgement, says goodbye and ends.</summary>
    public void Close()
    {
        _isClosing = true;
        outbox.Waiting.Set();
    }

    /// <summary>Runs until it is told to close, or to stop at once, or the worker leaves in order.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var backoff = options.BackoffMin;
        while (!stop.IsCancellationRequested && !(_isClosing && outbox.IsEmpty))
        {
            var began = options.Clock.GetTimestamp();
            Problem = await ConverseAsync(stop).ConfigureAwait(false);
            Changed?.Set();
            if (HasLeft || stop.IsCancellationRequested || (_isClosing && outbox.IsEmpty)) return;

            if (options.Clock.GetElapsedTime(began) > options.BackoffMax) backoff = options.BackoffMin;
            var pause = backoff * (0.5 + _jitter.NextDouble());
            backoff = TimeSpan.FromTicks(Math.Min(2 * backoff.Ticks, options.BackoffMax.Ticks));
            try
            {
                await Task.Delay(pause, options.Clock, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One connection, from its making to its end.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<string> ConverseAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var isInOrder = false;
        try
        {
            using var channel = DeliveryChannel.Open(
                member.Address, member.Name, options.Security, options.PrefersQuic, options.Connected);
            using var call = new Ingest.IngestClient(channel).Deliver(cancellationToken: ending.Token);
            Hello hello;
            lock (_lock) hello = _link.Connect(options.Sensor, options.Node, options.Version);
            var welcomed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var beside = BesideAsync(channel, welcomed.Task, ending.Token);
            var reading = ReadAsync(call.ResponseStream, welcomed, ending);
            var writing = WriteAsync(call.RequestStream, hello, ending);
            (isInOrder, var why) = await reading.ConfigureAwait(false);
            await ending.CancelAsync().ConfigureAwait(false);
            await beside.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return await writing.ConfigureAwait(false) ?? why;
        }
        catch (Exception problem) when (CallProblem.IsOfTheWorld(problem))
        {
            return CallProblem.Words(problem, Whose);
        }
        finally
        {
            lock (_lock) _link.Disconnect(isInOrder);
        }
    }

    /// <summary>What else is said on this connection, from the Welcome to its end.</summary>
    private async Task BesideAsync(GrpcChannel channel, Task welcomed, CancellationToken ending)
    {
        if (options.Beside is not { } beside) return;

        await welcomed.WaitAsync(ending).ConfigureAwait(false);
        await beside(channel.CreateCallInvoker(), ending).ConfigureAwait(false);
    }

    private async Task<(bool IsInOrder, string Why)> ReadAsync(
        IAsyncStreamReader<FromWorker> answers, TaskCompletionSource welcomed, CancellationTokenSource ending)
    {
        try
        {
            while (await answers.MoveNext(ending.Token).ConfigureAwait(false))
            {
                bool isFine;
                lock (_lock) isFine = _link.Take(answers.Current);
                if (!isFine) return (false, _link.Refusal);

                if (answers.Current.WhatCase == FromWorker.WhatOneofCase.Welcome)
                {
                    Connected();
                    welcomed.TrySetResult();
                }

                if (answers.Current.WhatCase is FromWorker.WhatOneofCase.Welcome or FromWorker.WhatOneofCase.Leaving)
                {
                    Changed?.Set();
                }

                outbox.Waiting.Set();
            }

            return (true, "the worker ended the conversation");
        }
        catch (Exception problem) when (CallProblem.IsOfTheWorld(problem))
        {
            // Leaving is a worker's last word: all acknowledgements came before it, however the line ends.
            return (IsLeaving, CallProblem.Words(problem, Whose));
        }
    }

    private void Connected()
    {
        Connections++;
        Problem = null;
    }

    private async Task<string?> WriteAsync(
        IClientStreamWriter<FromSensor> requests, Hello hello, CancellationTokenSource ending)
    {
        try
        {
            await requests.WriteAsync(new FromSensor { Hello = hello }, ending.Token).ConfigureAwait(false);
            if (!await IsWelcomeAsync(ending.Token).ConfigureAwait(false))
            {
                await ending.CancelAsync().ConfigureAwait(false);
                return "no Welcome in time";
            }

            await SendAsync(requests, ending.Token).ConfigureAwait(false);
            var reason = IsLeaving ? "the worker leaves" : "stopping";
            await requests.WriteAsync(
                new FromSensor { Goodbye = new Goodbye { Reason = reason } }, ending.Token).ConfigureAwait(false);
            await requests.CompleteAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception problem) when (CallProblem.IsOfTheWorld(problem))
        {
            // The reader knows better why.
            return null;
        }
    }

    private bool IsLeaving
    {
        get
        {
            lock (_lock) return _link.State == LinkState.Leaving;
        }
    }

    private async Task<bool> IsWelcomeAsync(CancellationToken ending)
    {
        var began = options.Clock.GetTimestamp();
        // A worker may leave as soon as it has welcomed.
        while (!IsUp && !IsLeaving)
        {
            var left = options.GreetingMax - options.Clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) return false;

            await outbox.Waiting.WaitAsync(left, ending).ConfigureAwait(false);
        }

        return true;
    }

    private async Task SendAsync(IClientStreamWriter<FromSensor> requests, CancellationToken ending)
    {
        var message = new FromSensor { Batch = new Batch() };
        var saidAt = options.Clock.GetTimestamp();
        var isFirst = true;
        while (!(_isClosing && outbox.IsEmpty) && !IsLeaving)
        {
            if (isFirst || options.Clock.GetElapsedTime(saidAt) >= options.StatusEvery)
            {
                (saidAt, isFirst) = (options.Clock.GetTimestamp(), false);
                await SayAsync(requests, ending).ConfigureAwait(false);
            }

            bool hasNext;
            lock (_lock) hasNext = _link.TryNext(message.Batch);
            if (hasNext)
            {
                using var step = BatchTrace.Step(message.Batch.TraceParent, "batch send", ActivityKind.Client);
                await requests.WriteAsync(message, ending).ConfigureAwait(false);
            }
            else await outbox.Waiting.WaitAsync(options.StatusEvery, ending).ConfigureAwait(false);
        }

        await SayAsync(requests, ending).ConfigureAwait(false);
    }

    private async Task SayAsync(IClientStreamWriter<FromSensor> requests, CancellationToken ending)
    {
        if (status is not null)
        {
            await requests.WriteAsync(new FromSensor { Status = status() }, ending).ConfigureAwait(false);
        }
    }
}
