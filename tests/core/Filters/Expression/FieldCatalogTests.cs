using NetSniff.Filters.Expression;
using NetSniff.Protocols;
using Xunit;

namespace NetSniff.Tests.Filters.Expression;

public class FieldCatalogTests
{
    [Fact]
    public void Every_field_of_every_kind_is_there_with_an_example_that_parses()
    {
        var catalog = FieldCatalog.Shared;
        foreach (var schema in global::NetSniff.Protocols.Protocols.Records)
        {
            foreach (var field in schema.Fields) Assert.Equal(field.Kind, catalog.Find(field.Name)?.Kind);
        }

        Assert.All(catalog.All, field =>
        {
            // What flows speak is known where the protocol is.
            var parse = FilterExpression.Parse(field.Example);
            Assert.True(parse.IsOk || field.Name == "app", parse.Problem?.Format(field.Example));
            Assert.NotEmpty(field.About);
        });
    }

    [Fact]
    public void A_beginning_is_completed_in_order()
    {
        var sources = FieldCatalog.Shared.StartingWith("SRC.").Select(field => field.Name);
        Assert.Equal(["src.ip", "src.port", "src.pod"], sources.Take(3));
        Assert.Contains("http.status", FieldCatalog.Shared.StartingWith("http.s").Select(field => field.Name));
    }

    [Theory]
    [InlineData("http.stats", "http.status")]
    [InlineData("sttus", null)]
    [InlineData("content_type", "http.request.content_type")]
    [InlineData("http.request.headrs", "http.request.headers")]
    [InlineData("tcp.dstport", "dst.port")]
    [InlineData("flwo", "flow")]
    [InlineData("", null)]
    public void A_slip_is_recognised(string written, string? meant) =>
        Assert.Equal(meant, FieldCatalog.Shared.Nearest(written));

    [Fact]
    public void Names_of_values_are_offered_for_completion()
    {
        var tcpState = FieldCatalog.Shared.Find("flow.tcp.state");
        Assert.Contains("established", tcpState!.Names!.Names);
        Assert.Contains("tcp", FieldCatalog.Shared.Find("proto")!.Names!.Names);
        Assert.Contains("http", FieldCatalog.Shared.Kinds.Names);
        Assert.All(FieldNames.ByField.Keys, name => Assert.Equal(name, name.ToLowerInvariant()));
    }
}
