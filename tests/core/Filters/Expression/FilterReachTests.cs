using NetSniff.Filters.Expression;
using NetSniff.Protocols;

namespace NetSniff.Tests.Filters.Expression;

public sealed class FilterReachTests
{
    static FilterReachTests() => _ = NetSniff.Protocols.Protocols.All.Count;

    [Theory]
    [InlineData("http.status >= 500", "dns", "http")]
    [InlineData("http.status >= 500", "http", null)]
    [InlineData("http.status != 200", "dns", "http")] // the field must be there
    [InlineData("!(http.status == 200)", "dns", null)]
    [InlineData("http.status > 1 or src.port == 53", "dns", null)]
    [InlineData("http.status > 1 and src.port == 53", "dns", "http")]
    [InlineData("exists tls.sni", "flow", "tls")]
    [InlineData("http", "dns", null)] // asks for no field, so there is no other kind to name
    [InlineData("dst.port == 443", "dns", null)]
    [InlineData("http.status > 1 and dns.rcode == NXDOMAIN", "http dns flow tls", "http")]
    public void What_no_record_of_the_kinds_can_match_is_told(string text, string kinds, string? missing) =>
        Assert.Equal(missing, FilterReach.Missing(FilterExpression.Parse(text).Filter!, kinds.Split(' ')));
}
