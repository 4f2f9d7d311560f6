using System.Text;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Tests.Cli.Outputs.Table;

public sealed class CodePaintTests
{
    [Theory]
    [InlineData("http.status", 200, "Green")]
    [InlineData("http.status", 304, "Green")]
    [InlineData("http.status", 404, "Yellow")]
    [InlineData("http.status", 500, "Red")]
    [InlineData("grpc.status", 0, "Green")]
    [InlineData("grpc.status", 5, "Yellow")] // NOT_FOUND
    [InlineData("grpc.status", 14, "Red")] // UNAVAILABLE
    [InlineData("dns.rcode", 3, "Yellow")] // NXDOMAIN
    [InlineData("dns.rcode", 2, "Red")] // SERVFAIL
    [InlineData("flow.end", 2, "Yellow")]
    [InlineData("flow.packets.toserver", 500, "Plain")]
    public void Codes_have_the_colour_of_whose_fault_it_was(string field, ulong code, string expected) =>
        Assert.Equal(expected, CodePaint.Of(field, code).ToString());

    [Theory]
    [InlineData("dns.rcode_name", "NOERROR", "Green")]
    [InlineData("dns.rcode_name", "NXDOMAIN", "Yellow")]
    [InlineData("dns.rcode_name", "SERVFAIL", "Red")]
    [InlineData("http.uri", "NOERROR", "Plain")]
    public void So_have_their_names(string field, string name, string expected) =>
        Assert.Equal(expected, CodePaint.Of(field, Encoding.UTF8.GetBytes(name)).ToString());
}
