using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using NetSniff.Kube;
using NetSniff.Kube.Objects;
using NetSniff.Operator.Reconciling.Leading;

namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>What an Event is about.</summary>
/// <param name="Namespace">Empty for what has none.</param>
/// <param name="Uid">Empty where it is not known.</param>
public readonly record struct EventSubject(string ApiVersion, string Kind, string Namespace, string Name, string Uid)
{
    public static EventSubject Of(OwnObject one)
    {
        ArgumentNullException.ThrowIfNull(one);
        return new("netsniff.io/v1alpha1", one.KindName, one.Name.Namespace, one.Name.Name, one.Uid);
    }

    public static EventSubject Pod(string inNamespace, string name, string uid) =>
        new("v1", "Pod", inNamespace, name, uid);
}

/// <summary>Tells of what happened, as Events. The same again within a while counts up the one that is there.</summary>
/// <remarks>Never waits: what cannot be sent in time is dropped and counted. Any thread may tell.</remarks>
public sealed class EventRecorder(ObjectClient objects, string instance, TimeProvider clock)
{
    private const int WaitingMax = 1000;
    private const int SeriesMax = 4096;
    private const int NoteMax = 1024;

    /// <summary>What comes again later is news again.</summary>
    private static readonly TimeSpan s_seriesMax = TimeSpan.FromMinutes(10);

    /// <summary>Between two writes of the same Event.</summary>
    private static readonly TimeSpan s_countEvery = TimeSpan.FromSeconds(30);

    private static readonly ResourceKind s_new = new("events.k8s.io", "v1", "events");
    private static readonly ResourceKind s_old = new("", "v1", "events");

    private readonly Channel<Told> _waiting = Channel.CreateBounded<Told>(
        new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.Wait });

    private readonly Dictionary<(EventSubject Subject, string Reason, string Note), Series> _series = [];
    private ResourceKind? _kind;
    private long _number;
    private long _dropped;

    /// <summary>Requests sent.</summary>
    public long Writes { get; private set; }

    /// <summary>Not sent: there were too many, or the server did not take them.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <param name="reason">`ProfileAccepted`: one word for programs.</param>
    /// <param name="action">What was being done: `Reconcile`.</param>
    /// <param name="note">For people. Events with another note are others: what changes each time does not belong here.
    /// </param>
    public void Tell(EventSubject about, bool isWarning, string reason, string action, string note)
    {
        ArgumentNullException.ThrowIfNull(note);
        var kept = note.Length <= NoteMax ? note : note[..(NoteMax - 1)] + "…";
        if (!_waiting.Writer.TryWrite(new Told(about, isWarning, reason, action, kept)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Sends until cancelled, which is no failure.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (var told in _waiting.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                try
                {
                    await SendAsync(told, cancel).ConfigureAwait(false);
                }
                catch (Exception problem) when (problem is HttpRequestException or ApiException or ClusterException
                    or FencedException)
                {
                    Interlocked.Increment(ref _dropped);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task SendAsync(Told told, CancellationToken cancel)
    {
        _kind ??= await ChooseAsync(cancel).ConfigureAwait(false);
        var now = clock.GetTimestamp();
        var key = (told.About, told.Reason, told.Note);
        if (_series.TryGetValue(key, out var series) && clock.GetElapsedTime(series.Last, now) < s_seriesMax)
        {
            series.Count++;
            series.Last = now;
            if (clock.GetElapsedTime(series.Sent, now) < s_countEvery) return;

            series.Sent = now;
            await CountAsync(series, cancel).ConfigureAwait(false);
            return;
        }

        Prune(now);
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{told.About.Name}.{clock.GetUtcNow().UtcTicks:x}{_number++ & 0xff:x2}");
        var where = told.About.Namespace.Length == 0 ? "default" : told.About.Namespace;
        var made = new Series { Name = new ResourceName(where, name), Count = 1, Last = now, Sent = now };
        Writes++;
        await objects.CreateAsync(_kind.Value, where, Body(told, made), cancel).ConfigureAwait(false);
        _series[key] = made;
    }

    private async Task<ResourceKind> ChooseAsync(CancellationToken cancel)
    {
        var (isServed, _) = await Discovery.ServesAsync(objects.Cluster, s_new, objects.TimeMax, cancel)
            .ConfigureAwait(false);
        return isServed ? s_new : s_old;
    }

    private async Task CountAsync(Series series, CancellationToken cancel)
    {
        Writes++;
        var time = LeaseRecord.Text(clock.GetUtcNow());
        var patch = _kind == s_new
            ? new JsonObject
            {
                ["series"] = new JsonObject { ["count"] = series.Count, ["lastObservedTime"] = time },
            }
            : new JsonObject { ["count"] = series.Count, ["lastTimestamp"] = time[..19] + "Z" };
        await objects.MergeAsync(_kind!.Value, series.Name, patch, "", cancel).ConfigureAwait(false);
    }

    private JsonObject Body(Told told, Series made)
    {
        var time = LeaseRecord.Text(clock.GetUtcNow());
        var about = new JsonObject
        {
            ["apiVersion"] = told.About.ApiVersion, ["kind"] = told.About.Kind, ["name"] = told.About.Name,
        };
        if (told.About.Namespace.Length > 0) about["namespace"] = told.About.Namespace;
        if (told.About.Uid.Length > 0) about["uid"] = told.About.Uid;
        var isNew = _kind == s_new;
        var body = new JsonObject
        {
            ["apiVersion"] = isNew ? "events.k8s.io/v1" : "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = made.Name.Name, ["namespace"] = made.Name.Namespace },
            ["type"] = told.IsWarning ? "Warning" : "Normal",
            ["reason"] = told.Reason,
            ["action"] = told.Action,
            ["eventTime"] = time,
            [isNew ? "regarding" : "involvedObject"] = about,
            [isNew ? "note" : "message"] = told.Note,
            [isNew ? "reportingController" : "reportingComponent"] = "netsniff.io/operator",
            ["reportingInstance"] = instance.Length <= 128 ? instance : instance[..128],
        };
        if (isNew) return body;

        (body["firstTimestamp"], body["lastTimestamp"], body["count"]) = (time[..19] + "Z", time[..19] + "Z", 1);
        return body;
    }

    private void Prune(long now)
    {
        if (_series.Count < SeriesMax) return;

        foreach (var (key, series) in _series.ToList())
        {
            if (clock.GetElapsedTime(series.Last, now) >= s_seriesMax) _series.Remove(key);
        }

        if (_series.Count >= SeriesMax) _series.Clear();
    }

    private readonly record struct Told(
        EventSubject About, bool IsWarning, string Reason, string Action, string Note);

    private sealed class Series
    {
        public required ResourceName Name { get; init; }

        public int Count { get; set; }

        public long Last { get; set; }

        public long Sent { get; set; }
    }
}
