namespace NetSniff.Protocols.Http1;

/// <summary>Room for requests, shared by the connections of a thread: one that waits for its next request holds none,
/// and one that sends many ahead finds what others no longer need.</summary>
internal sealed class ExchangePool
{
    private const int KeptMax = 4096;

    [ThreadStatic]
    private static ExchangePool? t_current;

    private readonly Stack<Exchange> _free = new();

    public static ExchangePool Current => t_current ??= new ExchangePool();

    public Exchange Rent() => _free.TryPop(out var exchange) ? exchange : new Exchange();

    public void Return(Exchange exchange)
    {
        exchange.Clear();
        exchange.Book.Reset();
        if (_free.Count < KeptMax) _free.Push(exchange);
    }
}
