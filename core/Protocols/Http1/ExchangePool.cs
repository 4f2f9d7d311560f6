using NetSniff.Protocols.Http;

namespace NetSniff.Protocols.Http1;

/// <summary>Room for requests, and for the texts of responses, shared by the connections of a thread: one that waits
/// for its next request holds none, one that sends many ahead finds what others no longer need, and what was used last
/// is near.</summary>
internal sealed class ExchangePool
{
    private const int KeptMax = 4096;

    [ThreadStatic]
    private static ExchangePool? t_current;

    private readonly Stack<Exchange> _free = new();
    private readonly Stack<HeaderBook> _books = new();

    public static ExchangePool Current => t_current ??= new ExchangePool();

    /// <summary>A clean one.</summary>
    public Exchange Rent()
    {
        if (!_free.TryPop(out var exchange)) return new Exchange();

        exchange.Clear();
        return exchange;
    }

    /// <summary>Its texts stay until it is taken again, unless there were unusually many.</summary>
    public void Return(Exchange exchange)
    {
        exchange.Book.Shrink();
        if (_free.Count < KeptMax) _free.Push(exchange);
    }

    /// <summary>Not cleared.</summary>
    public HeaderBook RentBook() => _books.TryPop(out var book) ? book : new HeaderBook();

    public void Return(HeaderBook book)
    {
        book.Shrink();
        if (_books.Count < KeptMax) _books.Push(book);
    }
}
