using System.Globalization;
using System.Text;
using Grpc.Core;
using NetSniff.Detection.Rules;
using NetSniff.Json;
using NetSniff.Pipeline;
using NetSniff.Records;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Keeping;

/// <summary>Has the packets around a finding cut out of the sensors' rings, where its rule asks for that.</summary>
/// <remarks>The store's thread tells of findings and never waits; a task of its own cuts, a moment later, when what
/// came after the finding is in the rings.</remarks>
/// <param name="rules">Those in force.</param>
/// <param name="keep">Cuts packets into a file of the finding.</param>
public sealed class FindingCaptures(
    Func<RuleSet?> rules, Func<KeptFile, PacketsRequest, CancellationToken, Task> keep, TimeProvider clock)
    : RecordConsumer
{
    /// <summary>Findings that wait for their packets; further ones are counted and left out.</summary>
    public const int WaitingMax = 256;

    /// <summary>Files made at one time, and in a minute, of all rules together.</summary>
    public const int AtOnceMax = 2, PerMinuteMax = 30;

    private const int WhyMax = 400;

    /// <summary>Packets lie in a ring a moment after they were seen.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly List<Wish> _waiting = [];
    private readonly Queue<long> _begun = [];
    private Dictionary<string, CaptureSpec> _asking = [];
    private RuleSet? _of;
    private long _made;
    private long _failed;
    private long _leftOut;

    /// <summary>Told what could not be cut.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        LookAtRules();
        if (_asking.Count == 0) return;

        foreach (var record in new RecordWalker(records)) Take(record);
    }

    /// <summary>Cuts until it is cancelled, which is no failure.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var places = new SemaphoreSlim(AtOnceMax);
        List<Task> running = [];
        try
        {
            using var timer = new PeriodicTimer(s_lookEvery, clock);
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                running.RemoveAll(static one => one.IsCompleted);
                foreach (var wish in Due())
                {
                    await places.WaitAsync(stop).ConfigureAwait(false);
                    running.Add(CutAsync(wish, places, stop));
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end.
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    public IEnumerable<LedgerLine> Ledger() =>
    [
        new("captures", "findings whose packets were cut", Interlocked.Read(ref _made), false),
        new("captures", "findings whose packets could not be cut", Interlocked.Read(ref _failed), true),
        new("captures", "findings left without packets: too many", Interlocked.Read(ref _leftOut), true),
    ];

    private void LookAtRules()
    {
        var now = rules();
        if (ReferenceEquals(now, _of)) return;

        _asking = now is null ? [] : now.States().Where(static rule => rule.Spec.Capture is not null)
            .ToDictionary(static rule => rule.Spec.FullName, static rule => rule.Spec.Capture!, StringComparer.Ordinal);
        _of = now;
    }

    private void Take(RecordView record)
    {
        if (Text(record, "finding.mode") != "alert" || !_asking.TryGetValue(Text(record, "finding.rule"), out var asked)
            || !record.TryGet("finding.id", out var id))
        {
            return;
        }

        var wish = NewWish(record, asked, Convert.ToHexStringLower(id.Text));
        lock (_lock)
        {
            if (_waiting.Count < WaitingMax) _waiting.Add(wish);
            else Interlocked.Increment(ref _leftOut);
        }
    }

    private Wish NewWish(RecordView record, CaptureSpec asked, string id)
    {
        var (where, ends) = FindingPackets.Of(record);
        var first = record.TryGet("finding.first", out var began) ? began.Nanos : record.Header.TimeNanos;
        var last = record.TryGet("finding.last", out var ended) ? ended.Nanos : record.Header.TimeNanos;
        var why = $"finding of {Text(record, "finding.rule")}: {Text(record, "finding.title")}";
        var file = new KeptFile
        {
            Name = $"{id}.pcapng", Finding = id, Why = why.Length <= WhyMax ? why : why[..WhyMax],
        };
        file.Namespaces.AddRange(ends);
        return new Wish(
            file,
            new PacketsRequest
            {
                Where = where,
                // A window of minutes is not cut whole: its end is what made the rule speak.
                SinceNanos = Math.Max(1, Math.Max(first, last - asked.BeforeNanos) - asked.BeforeNanos),
                UntilNanos = last + Math.Max(1, asked.AfterNanos),
                BytesMax = (ulong)asked.BytesMax,
                Why = file.Why,
            },
            clock.GetUtcNow() + TimeSpan.FromTicks(asked.AfterNanos / TimeSpan.NanosecondsPerTick) + s_settle);
    }

    private List<Wish> Due()
    {
        var now = clock.GetUtcNow();
        lock (_lock)
        {
            while (_begun.TryPeek(out var oldest) && now.UtcTicks - oldest > TimeSpan.TicksPerMinute) _begun.Dequeue();
            List<Wish> due = [];
            foreach (var wish in _waiting.Where(wish => wish.Due <= now).ToList())
            {
                _waiting.Remove(wish);
                if (_begun.Count >= PerMinuteMax)
                {
                    Interlocked.Increment(ref _leftOut);
                    continue;
                }

                _begun.Enqueue(now.UtcTicks);
                due.Add(wish);
            }

            return due;
        }
    }

    private async Task CutAsync(Wish wish, SemaphoreSlim places, CancellationToken stop)
    {
        try
        {
            await keep(wish.File, wish.Request, stop).ConfigureAwait(false);
            Interlocked.Increment(ref _made);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end.
        }
        catch (Exception problem) when (problem is RpcException or IOException or OperationCanceledException
            or UnauthorizedAccessException)
        {
            Interlocked.Increment(ref _failed);
            var text = problem is RpcException rpc ? rpc.Status.Detail : problem.Message;
            Say(string.Create(CultureInfo.InvariantCulture, $"packets of {wish.File.Why} cannot be cut: {text}"));
        }
        finally
        {
            places.Release();
        }
    }

    private static string Text(RecordView record, string field) =>
        record.TryGet(field, out var value) ? Encoding.UTF8.GetString(value.Text) : "";

    private sealed record Wish(KeptFile File, PacketsRequest Request, DateTimeOffset Due);
}
