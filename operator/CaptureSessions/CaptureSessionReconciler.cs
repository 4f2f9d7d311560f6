using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using NetSniff.Kube;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.CaptureSessions;

/// <summary>Has the packets of each session cut once its time is over, and sees that it goes when nobody wants it any
/// more.</summary>
/// <remarks>Nothing is begun on the nodes: their rings are always on, and reach back. So a session is one question,
/// asked when its window is over or when it is stopped; whoever leads then asks it, and asks again when a leader went
/// away before the answer came.</remarks>
public sealed class CaptureSessionReconciler : IReconciler
{
    /// <summary>Questions at one time.</summary>
    private const int AtOnceMax = 3;

    /// <summary>Of one file, before its session is given up.</summary>
    private const int TriesMax = 5;

    /// <summary>Packets lie in a ring, and records in the store, a moment after they were seen.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(3);

    /// <summary>A worker gives up before that.</summary>
    private static readonly TimeSpan s_fileMax = TimeSpan.FromMinutes(12);

    /// <summary>No further file is begun after that while others may wait.</summary>
    private static readonly TimeSpan s_placeMax = TimeSpan.FromMinutes(1);

    private readonly OperatorParts _parts;
    private readonly SessionWorkers _workers;
    private readonly ConcurrentDictionary<ResourceName, Cutting> _cutting = new();
    private Action<ResourceName> _wake = static _ => { };
    private int _running;

    public CaptureSessionReconciler(OperatorParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        (_parts, _workers) = (parts, new SessionWorkers(parts, parts.Certificates));
    }

    public ResourceKind Kind => OwnKinds.CaptureSessions;

    public void Wire(Action<ResourceName> again) => _wake = again;

    /// <summary>Questions of an earlier term come to their end; their answers are nobody's.</summary>
    public void Begin() => _cutting.Clear();

    public async Task<TimeSpan?> ReconcileAsync(ResourceName name, CancellationToken cancel)
    {
        if (_parts.Caches.Sessions.Find(name) is not { IsDeleting: false } one)
        {
            await EndAsync(name, cancel).ConfigureAwait(false);
            return null;
        }

        var known = _parts.Statuses.Known(Kind, one);
        if (known?["completionTime"]?.GetValue<string>() is { } text
            && DateTimeOffset.TryParse(text, out var completed))
        {
            return await ExpireAsync(one, completed, cancel).ConfigureAwait(false);
        }

        if (Read(one, out var problem) is not { } session)
        {
            return await SayAsync(one, Refused(one, problem), known, cancel).ConfigureAwait(false);
        }

        return await StepAsync(one, session.Spec, known, cancel).ConfigureAwait(false);
    }

    /// <summary>Waits for the end of the window, then asks, then says what came of it.</summary>
    private async Task<TimeSpan?> StepAsync(
        OwnObject one, CaptureSessionSpec spec, JsonObject? known, CancellationToken cancel)
    {
        var now = _parts.Clock.GetUtcNow();
        var created = CreatedAt(one) ?? now;
        var cutting = _cutting.GetOrAdd(one.Name, _ => new Cutting { Uid = one.Uid });
        if (cutting.Uid != one.Uid) _cutting[one.Name] = cutting = new Cutting { Uid = one.Uid };
        cutting.Meet(SessionPlan.Pods(
            spec, _parts.Caches.Pods.By(ClusterCaches.ByNamespace, one.Name.Namespace)));
        var end = created + SessionPlan.After(spec);
        if (spec.Stop && now < end) end = cutting.StoppedAt ??= now;
        var sight = new SessionSight
        {
            Generation = one.Generation,
            StartTime = created,
            Started = cutting.Addresses.Count > 0
                ? Found.True(SessionStatus.StartedType, "Capturing", Pods(cutting.Addresses.Count))
                : Found.False(SessionStatus.StartedType, "NoPodsMatch", "no pod with an address of its own is meant"),
            Succeeded = Found.Unknown(SessionStatus.SucceededType, "Capturing", "the window is not over yet"),
        };
        if (now < end + s_settle)
        {
            await SayAsync(one, sight, known, cancel).ConfigureAwait(false);
            return cutting.Addresses.Count == 0 ? s_again : end + s_settle - now;
        }

        return await FinishAsync(one, spec, cutting, created, end, sight, known, cancel).ConfigureAwait(false);
    }

    private async Task<TimeSpan?> FinishAsync(
        OwnObject one, CaptureSessionSpec spec, Cutting cutting, DateTimeOffset created, DateTimeOffset end,
        SessionSight sight, JsonObject? known, CancellationToken cancel)
    {
        if (cutting.Addresses.Count == 0)
        {
            return await SayAsync(one, Over(sight, "NoPodsMatch", sight.Started.Message), known, cancel)
                .ConfigureAwait(false);
        }

        if (cutting.Running is null)
        {
            if (Volatile.Read(ref _running) >= AtOnceMax) return s_again;

            Interlocked.Increment(ref _running);
            cutting.Running = CutAsync(one.Name, spec, cutting, created - SessionPlan.Before(spec), end);
            var cut = sight with
            {
                Succeeded = Found.Unknown(SessionStatus.SucceededType, "Cutting", "nodes are asked for their packets"),
            };
            await SayAsync(one, cut, known, cancel).ConfigureAwait(false);
            return null;
        }

        if (!cutting.IsOver) return null;

        if (cutting.Cut is { IsDone: true, Outcome: var outcome })
        {
            var done = sight with
            {
                Succeeded = SessionStatus.Succeeded(outcome),
                CompletionTime = _parts.Clock.GetUtcNow(),
                Outcome = outcome,
            };
            _parts.Events.Tell(EventSubject.Of(one), false, "SessionFinished", "Capture", done.Succeeded.Message);
            return await SayAsync(one, done, known, cancel).ConfigureAwait(false) ?? s_again;
        }

        if (cutting.Cut?.Tries >= TriesMax || !cutting.MayTryAgain)
        {
            _parts.Events.Tell(EventSubject.Of(one), true, "SessionFailed", "Capture", cutting.Why);
            return await SayAsync(one, Over(sight, "Failed", cutting.Why), known, cancel).ConfigureAwait(false);
        }

        (cutting.Running, cutting.IsOver) = (null, false);
        return s_again;
    }

    /// <summary>File by file, and gives its place to another session after a while.</summary>
    private async Task CutAsync(
        ResourceName name, CaptureSessionSpec spec, Cutting cutting, DateTimeOffset from, DateTimeOffset to)
    {
        var began = _parts.Clock.GetTimestamp();
        try
        {
            var nodes = cutting.Nodes;
            var cut = cutting.Cut ??= new SessionCut(SessionPlan.Files(spec, name.Name, nodes), nodes);
            while (!cut.IsDone && _parts.Clock.GetElapsedTime(began) < s_placeMax)
            {
                var (file, node) = cut.Try();
                var request = new KeepRequest
                {
                    Session = name.ToString(),
                    Name = file,
                    Namespaces = { name.Namespace },
                    KeepSeconds = (uint)Math.Max(60, spec.TTLSecondsAfterFinished),
                    Packets = SessionPlan.Request(spec, name.ToString(), cutting.Addresses, from, to),
                };
                if (node is not null) request.Packets.Nodes.Add(node);
                await KeepAsync(request, node, cut).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            cutting.Why = $"not done within {s_fileMax}";
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // Whatever it is, the session is told of it: nobody else looks at this task.
            var rpc = problem as RpcException;
            cutting.Why = rpc?.Status.Detail ?? problem.Message;
            cutting.MayTryAgain = rpc?.StatusCode is not (StatusCode.InvalidArgument or StatusCode.PermissionDenied);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }

        cutting.IsOver = true;
        _wake(name);
    }

    private async Task KeepAsync(KeepRequest request, string? node, SessionCut cut)
    {
        using var limit = new CancellationTokenSource(s_fileMax);
        try
        {
            var (file, lack) = await _workers.KeepAsync(request, limit.Token).ConfigureAwait(false);
            cut.Add(file, lack);
        }
        catch (RpcException problem) when (node is not null && problem.StatusCode == StatusCode.NotFound)
        {
            cut.Miss(node, problem.Status.Detail);
        }
    }

    /// <summary>It and its file go when their time is over.</summary>
    private async Task<TimeSpan?> ExpireAsync(OwnObject one, DateTimeOffset completed, CancellationToken cancel)
    {
        _cutting.TryRemove(one.Name, out _);
        var ttl = (one.Copy()["spec"]?["ttlSecondsAfterFinished"] as JsonValue)?.GetValue<int>() ?? 3600;
        var left = completed + TimeSpan.FromSeconds(ttl) - _parts.Clock.GetUtcNow();
        if (left > TimeSpan.Zero) return left;

        await _parts.Objects.DeleteAsync(Kind, one.Name, "", cancel).ConfigureAwait(false);
        return null;
    }

    private async Task EndAsync(ResourceName name, CancellationToken cancel)
    {
        _cutting.TryRemove(name, out _);
        _parts.Statuses.Forget(Kind, name);
        if (name.Name.Length > 0) await _workers.ForgetAsync(name.ToString(), cancel).ConfigureAwait(false);
    }

    private CaptureSession? Read(OwnObject one, out SessionProblem problem)
    {
        var copy = one.Copy();
        if (ResourceReview.Of(copy) is [var first, ..])
        {
            problem = new SessionProblem(first.Reason == "UnknownField" ? "UnknownField" : "Invalid", first.ToString());
            return null;
        }

        var session = ResourceJson.Read<CaptureSession>(copy);
        problem = SessionPlan.Check(session.Spec, _parts.Filters) ?? default;
        return problem.Reason is null ? session : null;
    }

    private SessionSight Refused(OwnObject one, SessionProblem problem) => new()
    {
        Generation = one.Generation,
        Started = Found.False(SessionStatus.StartedType, problem.Reason, problem.Text),
        Succeeded = Found.False(SessionStatus.SucceededType, problem.Reason, problem.Text),
        CompletionTime = _parts.Clock.GetUtcNow(),
    };

    private SessionSight Over(SessionSight sight, string reason, string text) => sight with
    {
        Succeeded = Found.False(SessionStatus.SucceededType, reason, text),
        CompletionTime = _parts.Clock.GetUtcNow(),
    };

    private Task<TimeSpan?> SayAsync(OwnObject one, SessionSight sight, JsonObject? known, CancellationToken cancel)
    {
        if (known?["startTime"] is null && sight.Started.Status == ConditionStatus.True)
        {
            _parts.Events.Tell(EventSubject.Of(one), false, "SessionStarted", "Capture", sight.Started.Message);
        }

        return _parts.Statuses.WriteAsync(
            Kind, one, SessionStatus.Of(sight, known, _parts.Clock.GetUtcNow()), cancel);
    }

    private static string Pods(int addresses) => addresses > SessionPlan.AddressesMax
        ? $"the first {SessionPlan.AddressesMax} of {addresses} addresses" : $"{addresses} addresses of pods";

    private static DateTimeOffset? CreatedAt(OwnObject one) =>
        one.Copy()["metadata"]?["creationTimestamp"]?.GetValue<string>() is { } text
            && DateTimeOffset.TryParse(text, out var created) ? created : null;

    private sealed class Cutting
    {
        private readonly SortedSet<string> _addresses = new(StringComparer.Ordinal);
        private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);
        private bool _isOver;

        public required string Uid { get; init; }

        /// <summary>Of pods that were there at any time since it began.</summary>
        public IReadOnlyList<string> Addresses => [.. _addresses];

        /// <summary>That those pods were on.</summary>
        public IReadOnlyList<string> Nodes => [.. _nodes];

        public DateTimeOffset? StoppedAt { get; set; }

        public Task? Running { get; set; }

        /// <summary>What came of it is there.</summary>
        public bool IsOver
        {
            get => Volatile.Read(ref _isOver);
            set => Volatile.Write(ref _isOver, value);
        }

        public SessionCut? Cut { get; set; }

        public bool MayTryAgain { get; set; } = true;

        public string Why { get; set; } = "";

        public void Meet(IReadOnlyList<PodSight> pods)
        {
            _addresses.UnionWith(pods.SelectMany(static pod => pod.Addresses));
            _nodes.UnionWith(pods.Select(static pod => pod.Node).Where(static node => node.Length > 0));
        }
    }
}
