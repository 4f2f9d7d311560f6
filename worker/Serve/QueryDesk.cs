using Grpc.Core;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Access;
using NetSniff.Worker.Serve.Authorizing;
using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Keeping;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Serve.Observing;

namespace NetSniff.Worker.Serve;

/// <summary>Answers questions, whichever way they came in.</summary>
internal sealed class QueryDesk : IDisposable
{
    private static readonly Caller s_rules = new("rules", "this worker", false) { Sight = Sight.All };

    private readonly ReadGate _gate;
    private readonly ReadGate _sqlGate;
    private readonly CancellationTokenSource _ending = new();
    private readonly GatheredObserving _observing;
    private readonly Aggregating.Aggregating _aggregating;
    private readonly SqlAsking _sql;
    private readonly StatusAsking _status;
    private readonly ReadGate _packetGate;
    private readonly TaskBook? _tasks;
    private readonly PacketAsking? _packets;
    private readonly DepthAsking? _depth;
    private readonly Relaying? _relaying;
    private readonly KeepAsking? _keeping;

    public QueryDesk(QueryOptions options)
    {
        var (store, account) = (options.Store, options.Account);
        Limits = options.Limits;
        _gate = new ReadGate(Limits.ReadsMax, Limits.ReadWait);
        _sqlGate = new ReadGate(Limits.SqlAtOnceMax, Limits.ReadWait);
        var fanOut = new FanOut(options.Members, Limits);
        var local = new LocalObserving(store, options.Feed, _gate, account, Limits, options.Clock);
        _observing = new GatheredObserving(local, fanOut, Limits, account.Name);
        _aggregating = new Aggregating.Aggregating(store, _gate, fanOut, account, Limits);
        _sql = new SqlAsking(store, _sqlGate, fanOut, account, Limits);
        _status = new StatusAsking(store, fanOut, account);
        _packetGate = new ReadGate(Limits.PacketCallsMax, Limits.ReadWait);
        if (options.Packets is not { } packets) return;

        _tasks = new TaskBook(account.Name, options.Clock);
        packets.Counters.Running = () => _tasks.Running;
        var reach = new SensorReach(account, packets.Links, fanOut);
        var finding = new FlowFinding(_observing, Limits);
        var tasking = new SensorTasking(packets.Links, fanOut, _tasks, Limits);
        _packets = new PacketAsking(packets, reach, tasking, finding, _tasks, Limits, _packetGate);
        _depth = new DepthAsking(packets, reach, tasking, _tasks, Limits);
        _relaying = new Relaying(packets.Links, _tasks);
        if (options.Kept is { } kept) _keeping = new KeepAsking(kept, _packets, fanOut, options.Clock);
    }

    public ServeLimits Limits { get; }

    /// <summary>Set when the worker leaves: calls that follow end by it.</summary>
    public CancellationToken Ending => _ending.Token;

    public void End() => _ending.Cancel();

    public Task ObserveAsync(
        ObserveRequest request, Caller caller, IAnswers<ObserveAnswer> answers, CancellationToken cancel)
    {
        request.Where = caller.Sight.Narrow(request.Where);
        return _observing.RunAsync(request, new PatientAnswers<ObserveAnswer>(answers, Limits.StallMax), cancel);
    }

    public Task<AggregateAnswer> AggregateAsync(AggregateRequest request, Caller caller, CancellationToken cancel)
    {
        request.Where = caller.Sight.Narrow(request.Where);
        return _aggregating.RunAsync(request, cancel);
    }

    public Task SqlAsync(SqlRequest request, Caller caller, IAnswers<SqlAnswer> answers, CancellationToken cancel)
    {
        CheckWhole(caller);
        return _sql.RunAsync(request, new PatientAnswers<SqlAnswer>(answers, Limits.StallMax), cancel);
    }

    public Task<StatusAnswer> StatusAsync(StatusRequest request, Caller caller, CancellationToken cancel)
    {
        CheckWhole(caller);
        return _status.RunAsync(request, cancel);
    }

    /// <param name="own">The connection that the answer goes through.</param>
    public Task PacketsAsync(
        PacketsRequest request, Caller caller, FlowName? own, IAnswers<PacketsAnswer> answers, CancellationToken cancel)
    {
        request.Where = caller.Sight.Narrow(request.Where);
        var patient = new PatientAnswers<PacketsAnswer>(answers, Limits.StallMax);
        return (_packets ?? throw NoPackets()).RunAsync(request, caller, own, patient, cancel);
    }

    public Task DepthAsync(
        DepthRequest request, Caller caller, IAnswers<DepthAnswer> answers, CancellationToken cancel) =>
        (_depth ?? throw NoPackets()).RunAsync(request, caller, answers, cancel);

    public Task RelayAsync(
        IAsyncStreamReader<RelayWord> words, Caller caller, IAnswers<FromTasked> answers, CancellationToken cancel) =>
        (_relaying ?? throw NoPackets()).RunAsync(words, caller, answers, cancel);

    public Task KeepAsync(
        KeepRequest request, Caller caller, IAnswers<KeepAnswer> answers, CancellationToken cancel) =>
        Keeping.KeepAsync(request, caller, answers, cancel);

    /// <summary>For a finding of our own.</summary>
    public Task<KeptFile> KeepAsync(KeptFile about, PacketsRequest request, CancellationToken cancel) =>
        Keeping.KeepAsync(about, request, s_rules, cancel);

    public Task FetchAsync(
        FetchRequest request, Caller caller, IAnswers<FetchAnswer> answers, CancellationToken cancel) =>
        Keeping.FetchAsync(request, caller, new PatientAnswers<FetchAnswer>(answers, Limits.StallMax), cancel);

    public Task<ForgetAnswer> ForgetAsync(ForgetRequest request, CancellationToken cancel) =>
        Keeping.ForgetAsync(request, cancel);

    private KeepAsking Keeping =>
        _keeping ?? throw new RpcException(new Status(StatusCode.Unimplemented, "this worker keeps no files"));

    /// <summary>The door has asked; this is for a door that was forgotten.</summary>
    private static void CheckWhole(Caller caller)
    {
        if (caller.Sight.IsAll) return;

        throw new RpcException(new Status(StatusCode.PermissionDenied, "this cannot be narrowed to some namespaces"));
    }

    private static RpcException NoPackets() =>
        new(new Status(StatusCode.Unimplemented, "this worker gives sensors no tasks"));

    public void Dispose()
    {
        _tasks?.Dispose();
        _packetGate.Dispose();
        _gate.Dispose();
        _sqlGate.Dispose();
        _ending.Dispose();
    }
}
