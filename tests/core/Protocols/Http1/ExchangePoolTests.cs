using NetSniff.Protocols.Http;
using NetSniff.Protocols.Http1;

namespace NetSniff.Tests.Protocols.Http1;

public sealed class ExchangePoolTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(HeaderBook.TextBytesMax)]
    public void What_was_given_back_says_nothing_any_more(int length)
    {
        var pool = new ExchangePool();
        var exchange = pool.Rent();
        exchange.Book.Add("Host"u8, "shop"u8);
        exchange.Target = exchange.Book.Keep(new byte[length]);
        exchange.StartNanos = 1;
        pool.Return(exchange);
        Assert.Equal(default, exchange.Target);
        Assert.True(exchange.Book[exchange.Target].IsEmpty);
        Assert.True(exchange.Host.IsEmpty);
        Assert.Same(exchange, pool.Rent());
        Assert.Equal(0, exchange.StartNanos);
    }

    [Fact]
    public void A_book_has_no_texts_outside_its_room()
    {
        var book = new HeaderBook();
        var slice = book.Keep(new byte[HeaderBook.TextBytesMax]);
        Assert.Equal(HeaderBook.TextBytesMax, book[slice].Length);
        book.Shrink();
        Assert.Throws<ArgumentOutOfRangeException>(() => book[slice].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => book[new TextSlice(-1, 1)].Length);
    }
}
