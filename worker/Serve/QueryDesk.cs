using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;
using NetSniff.Worker.Serve.Observing;

namespace NetSniff.Worker.Serve;

/// <summary>Answers questions, whichever way they came in.</summary>
internal sealed class QueryDesk : IDisposable
{
    private readonly ReadGate _gate;
    private readonly ReadGate _sqlGate;
    private readonly CancellationTokenSource _ending = new();
    private readonly GatheredObserving _observing;
    private readonly Aggregating.Aggregating _aggregating;
    private readonly SqlAsking _sql;
    private readonly StatusAsking _status;

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
    }

    public ServeLimits Limits { get; }

    /// <summary>Set when the worker leaves: calls that follow end by it.</summary>
    public CancellationToken Ending => _ending.Token;

    public void End() => _ending.Cancel();

    public Task ObserveAsync(ObserveRequest request, IAnswers<ObserveAnswer> answers, CancellationToken cancel) =>
        _observing.RunAsync(request, new PatientAnswers<ObserveAnswer>(answers, Limits.StallMax), cancel);

    public Task<AggregateAnswer> AggregateAsync(AggregateRequest request, CancellationToken cancel) =>
        _aggregating.RunAsync(request, cancel);

    public Task SqlAsync(SqlRequest request, IAnswers<SqlAnswer> answers, CancellationToken cancel) =>
        _sql.RunAsync(request, new PatientAnswers<SqlAnswer>(answers, Limits.StallMax), cancel);

    public Task<StatusAnswer> StatusAsync(StatusRequest request, CancellationToken cancel) =>
        _status.RunAsync(request, cancel);

    public void Dispose()
    {
        _gate.Dispose();
        _sqlGate.Dispose();
        _ending.Dispose();
    }
}
