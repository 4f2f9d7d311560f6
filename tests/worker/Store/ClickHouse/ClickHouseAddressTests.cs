using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Tests.Worker.Store.ClickHouse;

public class ClickHouseAddressTests
{
    [Theory]
    [InlineData("clickhouse://me@db.example:9123/net", "http://db.example:9123/", "me", "net")]
    [InlineData("clickhouse://db.example/net", "http://db.example:8123/", "default", "net")]
    [InlineData("clickhouses://me%40corp@db.example/net_1", "https://db.example:8443/", "me@corp", "net_1")]
    [InlineData("clickhouse://[::1]:8123/net/", "http://[::1]:8123/", "default", "net")]
    public void An_address_says_where_who_and_which(string text, string server, string user, string database)
    {
        var address = ClickHouseAddress.Parse(text);
        Assert.Equal((server, user, database), (address.Server.ToString(), address.User, address.Database));
    }

    [Theory]
    [InlineData("clickhouse://me:hush@db.example/net", "--store-password-file")]
    [InlineData("clickhouse://db.example/", "name of a database")]
    [InlineData("clickhouse://db.example/a;b", "name of a database")]
    [InlineData("clickhouse://db.example/net?user=x", "name of a database")]
    [InlineData("postgres://db.example/net", "clickhouse://USER@HOST")]
    public void What_is_none_is_said_to_be(string text, string why)
    {
        var message = Assert.Throws<FormatException>(() => ClickHouseAddress.Parse(text)).Message;
        Assert.Contains(why, message);
        Assert.DoesNotContain("hush", message);
    }

    [Theory]
    [InlineData("Code: 62, e.displayText() = DB::Exception: Syntax error: x, e.what() = DB::Exception", 62,
        "Syntax error: x")]
    [InlineData("Code: 159. DB::Exception: Timeout exceeded: 5 s. (TIMEOUT_EXCEEDED) (version 25.8.2.29)", 159,
        "Timeout exceeded: 5 s. (TIMEOUT_EXCEEDED)")]
    [InlineData("<html>Bad gateway</html>", 0, "<html>Bad gateway</html>")]
    [InlineData("", 0, "no reason given")]
    public void Errors_of_old_and_new_servers_are_read(string body, int code, string message)
    {
        var error = ClickException.Of(body);
        Assert.Equal((code, message), (error.Code, error.Message));
    }
}
