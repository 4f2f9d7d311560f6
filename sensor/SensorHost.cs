using System.Runtime.ExceptionServices;
using Grpc.Core;
using NetSniff.Json;
using NetSniff.Pipeline;
using NetSniff.Sensor.Capture;
using NetSniff.Sensor.Export;
using NetSniff.Sensor.Tasks;
using NetSniff.Storage.MmapQueue;
using NetSniff.Wire.Control;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor;

/// <summary>A sensor: a thread and a shard for each capture, a spool for all, and who sends what it holds to the
/// workers.
/// </summary>
/// <remarks>Starts with <see cref="Start"/> and ends with <see cref="StopAsync"/>, after which everything captured is
/// acknowledged by a worker or waits in the spool. Disposed without that it is as after a kill.</remarks>
public sealed class SensorHost : IAsyncDisposable
{
    private readonly SensorOptions _options;
    private readonly IReadOnlyList<PacketCapture> _captures;
    private readonly Spool _spool;
    private readonly Distribution _distribution = new();
    private readonly Dispatcher _dispatcher;
    private readonly List<ExportFrames> _sinks = [];
    private readonly List<Thread> _threads = [];
    private readonly CancellationTokenSource _stopCapture = new();
    private readonly CancellationTokenSource _stopSending = new();
    private readonly CancellationTokenSource _stopAtOnce = new();
    private readonly TaskCompletionSource _captured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _startedNanos;
    private Task _sending = Task.CompletedTask;
    private SensorTasks? _tasks;
    private int _capturing;
    private ExceptionDispatchInfo? _failure;

    /// <param name="captures">One for each thread; the caller's, and in use until this is disposed.</param>
    /// <exception cref="IOException">The spool's folder is in use, damaged, or has no room.</exception>
    public SensorHost(
        SensorOptions options,
        IReadOnlyList<PacketCapture> captures,
        IMembership membership,
        SensorParts? parts = null)
    {
        parts ??= new SensorParts();
        Parts = parts;
        _options = options;
        _startedNanos = Timestamps.Nanos(options.Clock.GetUtcNow());
        _captures = captures;
        _spool = Spool.Open(options.Folder, options.Spool, options.SpoolIdPrefix);
        try
        {
            var delivery = new DeliveryOptions
            {
                Sensor = _spool.Id,
                Node = options.Node,
                Version = options.Version,
                Security = options.Security,
                PrefersQuic = options.PrefersQuic,
                Clock = options.Clock,
                Beside = Tasking(parts),
                Connected = parts.Packets is null ? null : parts.Packets.LeaveOut,
            };
            _dispatcher = new Dispatcher(_spool, options.Folder, _distribution, membership, delivery, Status)
            {
                Looked = parts.Dispatched,
            };
        }
        catch
        {
            _spool.Dispose();
            throw;
        }

        parts.Packets?.Prepare(captures.Count, options.IsLive);
        for (var number = 0; number < captures.Count; number++)
        {
            var capture = captures[number];
            var exporter = new Exporter(
                _spool, _distribution, options.Export, options.Node, InterfaceNames, options.Clock);
            var shard = options.Shard with
            {
                ShardNumber = (ushort)number, KeepsFrameApps = parts.Packets is not null,
            };
            var keeper = parts.Packets?.NewKeeper(number, () => capture.Interfaces);
            _sinks.Add(new ExportFrames(shard, exporter, parts, keeper));
        }
    }

    public SensorParts Parts { get; }

    /// <summary>32 hex digits.</summary>
    public string Id => _spool.Id;

    /// <summary>One for each capture. Their counters may be read while they run.</summary>
    public IEnumerable<Shard> Shards => _sinks.Select(static sink => sink.Shard);

    /// <summary>Ends when every capture has: files do by themselves.</summary>
    public Task Captured => _captured.Task;

    /// <summary>Why capturing ended early; null when it did not.</summary>
    public Exception? Failure => Volatile.Read(ref _failure)?.SourceException;

    /// <summary>Workers, and why those that are not connected are not.</summary>
    public IReadOnlyList<(RingMember Member, bool IsUp, string? Problem)> Workers => _dispatcher.Workers;

    /// <summary>What else keeps batches from being spooled or sent; null while all is well.</summary>
    public string? Problem => _spool.Problem ?? _dispatcher.Problem;

    /// <summary>Tasks that workers have it do now.</summary>
    public int TasksRunning => _tasks?.Running ?? 0;

    public SpoolCounts Spooled => _spool.Counts();

    public void Start()
    {
        _sending = Task.Run(() => _dispatcher.RunAsync(_stopSending.Token, _stopAtOnce.Token));
        _capturing = _captures.Count;
        for (var index = 0; index < _captures.Count; index++)
        {
            var (capture, sink) = (_captures[index], _sinks[index]);
            var thread = new Thread(() => Pump(capture, sink)) { Name = $"shard {index}" };
            _threads.Add(thread);
            thread.Start();
        }

        if (_captures.Count == 0) _captured.TrySetResult();
    }

    /// <summary>Captures no more, finishes what is open, and waits until the workers have it or time is up.</summary>
    /// <returns>Whether everything was acknowledged.</returns>
    public async Task<bool> StopAsync()
    {
        await _stopCapture.CancelAsync().ConfigureAwait(false);
        await Captured.ConfigureAwait(false);
        _stopAtOnce.CancelAfter(_options.DrainMax);
        await _stopSending.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        return _spool.Counts().Records == 0;
    }

    /// <summary>The balance of all stages; threads count into the same lines.</summary>
    public IReadOnlyList<LedgerLine> Ledger()
    {
        var lines = _captures.SelectMany(static capture => capture.Counters.Ledger())
            .Concat(_sinks.SelectMany(static sink => sink.Ledger())).Concat(Parts.GateLedger())
            .Concat(SpoolLedger()).Concat(Parts.Packets?.Ledger() ?? []).Concat(_tasks?.Ledger() ?? []);
        // Frames that wait in a ring are no riddle before the capture has ended.
        var isOver = Captured.IsCompleted;
        return [
            .. LedgerSums.Of(lines.Select(line => line is { Stage: "capture", Reason: "unexplained" } && !isOver
                ? line with { IsLoss = false }
                : line)).Values,
        ];
    }

    public SensorStatus Status()
    {
        var now = Timestamps.Nanos(_options.Clock.GetUtcNow());
        var status = new SensorStatus
        {
            TimeNanos = now, StartedNanos = _startedNanos, Rung = Parts.Rung(), ConfigRevision = Parts.ConfigRevision(),
        };
        status.Ledger.AddRange(Ledger().Select(static line => new LedgerEntry
        {
            Stage = line.Stage, What = line.Reason, Count = line.Count, IsLoss = line.IsLoss,
        }));
        foreach (var lane in _spool.Lanes)
        {
            var counts = lane.Queue.Counts();
            status.Lanes.Add(new LaneStatus
            {
                Lane = lane.Name,
                RecordsWaiting = counts.Records,
                BytesOnDisk = counts.BytesOnDisk,
                OldestNanos = counts.OldestNanos,
                RecordsDropped = counts.RecordsDropped,
            });
        }

        return status;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopCapture.CancelAsync().ConfigureAwait(false);
        await _stopAtOnce.CancelAsync().ConfigureAwait(false);
        await _stopSending.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        if (_threads.Count > 0) await Captured.ConfigureAwait(false);
        foreach (var sink in _sinks) sink.Dispose();
        _dispatcher.Dispose();
        _spool.Dispose();
        _stopCapture.Dispose();
        _stopSending.Dispose();
        _stopAtOnce.Dispose();
    }

    /// <summary>Tasks come by the connection that records go by: it is there, it is checked, and its end is the end of
    /// both.</summary>
    private Func<CallInvoker, CancellationToken, Task>? Tasking(SensorParts parts)
    {
        if (parts.Packets is null) return null;

        _tasks = new SensorTasks(
            parts.Packets, parts.Floor,
            () => new ControlHello { Sensor = _spool.Id, Node = _options.Node, Version = _options.Version },
            _options.Clock);
        return (invoker, stop) => new ControlClient(_tasks, _options.Clock).RunAsync(invoker, stop);
    }

    /// <summary>The spool's part of the balance.</summary>
    public IEnumerable<LedgerLine> SpoolLedger()
    {
        var counts = _spool.Counts();
        yield return new("spool", "records waiting", counts.Records, false);
        yield return new("spool", "records acknowledged", counts.RecordsArrived, false);
        yield return new("spool", "records given up to make room", counts.RecordsDropped, true);
        yield return new("spool", "records in entries that are no batch", counts.RecordsUnreadable, true);
        yield return new("spool", "files that end torn", counts.FilesTorn, true);
    }

    private IReadOnlyList<string> InterfaceNames() =>
        _captures is [var first, ..] ? [.. first.Interfaces.Select(static one => one.Name)] : [];

    private void Pump(PacketCapture capture, ExportFrames sink)
    {
        try
        {
            var pump = new CapturePump(sink, _options.Clock) { Progressed = Parts.Progressed };
            pump.Run(capture, _options.IsLive, _stopCapture.Token);
        }
        catch (Exception problem) when (problem is IOException or CaptureException)
        {
            Fail(problem);
        }

        try
        {
            sink.Finish();
        }
        catch (IOException problem)
        {
            Fail(problem);
        }

        if (Interlocked.Decrement(ref _capturing) == 0) _captured.TrySetResult();
    }

    /// <summary>The first to fail stops all; what they have by then is still sent.</summary>
    private void Fail(Exception problem)
    {
        Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(problem), null);
        _stopCapture.Cancel();
    }
}
