using NetSniff.Protocols.Http;

namespace NetSniff.Protocols.Http1;

/// <summary>Room for requests, and for the texts of responses, shared by the connections of a thread: one that waits
/// for its next request holds none, one that sends many ahead finds what others no longer need, and what was used last
/// is near.</summary>
internal sealed class ExchangePool
{
    /// <summary>Bytes of texts that may rest here, in requests and books of responses together.</summary>
    internal const int RestBytesMax = 32 * 1024 * 1024;

    /// <summary>Of either, since each may rest with as much as a book keeps.</summary>
    private const int KeptMax = RestBytesMax / 2 / HeaderBook.RestBytesMax;

    [ThreadStatic]
    private static ExchangePool? t_current;

    private readonly Stack<Exchange> _free = new();
    private readonly Stack<HeaderBook> _books = new();

    public static ExchangePool Current => t_current ??= new ExchangePool();

    /// <summary>A clean one.</summary>
    public Exchange Rent() => _free.TryPop(out var exchange) ? exchange : new Exchange();

    /// <summary>Its texts are gone: what says where they lay must not outlive the bytes.</summary>
    public void Return(Exchange exchange)
    {
        exchange.Clear();
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
