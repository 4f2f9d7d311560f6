using System.Text;
using NetSniff.Protocols;
using NetSniff.Protocols.Http1;
using Xunit;

namespace NetSniff.Tests.Protocols.Http1;

public class LandmarkTests
{
    [Theory]
    [InlineData("GET /a HTTP/1.1\r\n", Verdict.Yes, Verdict.Yes)]
    [InlineData("GET /a HTTP/1.0\n", Verdict.Yes, Verdict.Yes)]
    [InlineData("OPTIONS * HTTP/1.1\r\n", Verdict.Yes, Verdict.Yes)]
    [InlineData("GET http://h/a HTTP/1.1\r\n", Verdict.Yes, Verdict.Yes)]
    [InlineData("CONNECT h:443 HTTP/1.1\r\n", Verdict.Yes, Verdict.Yes)]
    [InlineData("VERSION-CONTROL /a HTTP/1.1\r\n", Verdict.Yes, Verdict.No)]
    [InlineData("PATCH /a HTTP/1.1\r\n", Verdict.Yes, Verdict.No)] // the end of PROPPATCH
    [InlineData("ET /a HTTP/1.1\r\n", Verdict.No, Verdict.No)]
    [InlineData("Http Body!GET / HTTP/1.1\r\n", Verdict.No, Verdict.No)]
    [InlineData("GET h:443 HTTP/1.1\r\n", Verdict.No, Verdict.No)]
    [InlineData("GET /a b HTTP/1.1\r\n", Verdict.No, Verdict.No)]
    [InlineData("GET /a HTTP/2.0\r\n", Verdict.No, Verdict.No)]
    [InlineData("GET /a\r\n", Verdict.No, Verdict.No)]
    [InlineData("GET /a HTTP/1.1", Verdict.Maybe, Verdict.Maybe)]
    [InlineData("GE", Verdict.Maybe, Verdict.Maybe)]
    public void Request_lines(string text, Verdict atLineStart, Verdict torn)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        Assert.Equal(atLineStart, Landmark.JudgeRequest(bytes, isTorn: false));
        Assert.Equal(torn, Landmark.JudgeRequest(bytes, isTorn: true));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n", Verdict.Yes)]
    [InlineData("HTTP/1.0 404\r\n\r\n", Verdict.Yes)]
    [InlineData("HTTP/1.1 200 OK\n\n", Verdict.Yes)]
    [InlineData("HTTP/1.1 200 OK\r\n", Verdict.Maybe)]
    [InlineData("HTTP/1.1 200 OK\r\n\r", Verdict.Maybe)]
    [InlineData("HTTP/1.1 200 OK\r\nSer", Verdict.Maybe)]
    [InlineData("HTT", Verdict.Maybe)]
    [InlineData("HTTP/1.1 200 OK\r\nnot a field\r\n", Verdict.No)]
    [InlineData("HTTP/1.1 2000 OK\r\nA: b\r\n", Verdict.No)]
    [InlineData("HTTP/1.1\r\nHost: h\r\n\r\n", Verdict.No)]
    [InlineData("HTTP/2.0 200 OK\r\nA: b\r\n", Verdict.No)]
    public void Status_lines(string text, Verdict verdict) =>
        Assert.Equal(verdict, Landmark.JudgeStatus(Encoding.ASCII.GetBytes(text)));

    /// <summary>Or it would matter in which pieces it came.</summary>
    [Fact]
    public void What_stands_beyond_the_bound_is_not_looked_at()
    {
        var status = $"HTTP/1.1 200 {new string('a', Landmark.StatusBytesMax)}\r\nA: b\r\n";
        Assert.Equal(Verdict.No, Landmark.JudgeStatus(Encoding.ASCII.GetBytes(status)));
        var request = $"GET /{new string('a', Landmark.RequestBytesMax)} HTTP/1.1\r\n";
        Assert.Equal(Verdict.No, Landmark.JudgeRequest(Encoding.ASCII.GetBytes(request), isTorn: false));
    }

    [Fact]
    public void A_line_that_does_not_end_is_not_waited_for_without_end()
    {
        Assert.Equal(Verdict.No, Landmark.JudgeRequest(
            Encoding.ASCII.GetBytes("GET /" + new string('a', Landmark.RequestBytesMax)), isTorn: false));
        Assert.Equal(Verdict.No, Landmark.JudgeStatus(
            Encoding.ASCII.GetBytes("HTTP/1.1 200 " + new string('a', Landmark.StatusBytesMax))));
    }
}
