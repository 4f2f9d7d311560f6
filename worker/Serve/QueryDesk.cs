using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Observing;

namespace NetSniff.Worker.Serve;

/// <summary>Answers questions, whichever way they came in.</summary>
internal sealed class QueryDesk : IDisposable
{
    private readonly ReadGate _gate;
    private readonly CancellationTokenSource _ending = new();
    private readonly LocalObserving _local;

    public QueryDesk(QueryOptions options)
    {
        Limits = options.Limits;
        _gate = new ReadGate(options.Limits);
        _local = new LocalObserving(options.Store, options.Feed, _gate, options.Account, options.Limits);
    }

    public ServeLimits Limits { get; }

    /// <summary>Set when the worker leaves: calls that follow end by it.</summary>
    public CancellationToken Ending => _ending.Token;

    public void End() => _ending.Cancel();

    public Task ObserveAsync(ObserveRequest request, IAnswers<ObserveAnswer> answers, CancellationToken cancel)
    {
        var patient = new PatientAnswers<ObserveAnswer>(answers, Limits.StallMax);
        return _local.RunAsync(request, patient, cancel);
    }

    public void Dispose()
    {
        _gate.Dispose();
        _ending.Dispose();
    }
}
