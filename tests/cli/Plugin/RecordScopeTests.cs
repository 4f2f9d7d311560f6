using NetSniff.Cli.Commands;
using NetSniff.Cli.Plugin;
using NetSniff.Filters.Expression;

namespace NetSniff.Tests.Cli.Plugin;

public sealed class RecordScopeTests
{
    [Theory]
    [InlineData(null, null, null, "", "")]
    [InlineData("shop", null, null, "", "")]
    [InlineData("", null, "web-1", "http", "(http) and ((src.pod == \"web-1\") or (dst.pod == \"web-1\"))")]
    [InlineData(
        "shop", null, "deploy/web", "",
        "((src.namespace == \"shop\" and src.workload == \"web\" and src.workload.kind == Deployment)"
        + " or (dst.namespace == \"shop\" and dst.workload == \"web\" and dst.workload.kind == Deployment))")]
    [InlineData("shop", null, "node/n1", "", "((src.node == \"n1\") or (dst.node == \"n1\"))")]
    [InlineData(
        "a,b", "app=web,tier!=back", null, "",
        "((src.namespace in (\"a\", \"b\") and src.label.app == \"web\" and not (src.label.tier == \"back\"))"
        + " or (dst.namespace in (\"a\", \"b\") and dst.label.app == \"web\" and not (dst.label.tier == \"back\")))")]
    [InlineData(
        "", "tier in (front, back),!canary,app.kubernetes.io/name", null, "",
        "((src.label.tier in (\"front\", \"back\") and not (exists src.label.canary)"
        + " and exists src.label.app.kubernetes.io/name)"
        + " or (dst.label.tier in (\"front\", \"back\") and not (exists dst.label.canary)"
        + " and exists dst.label.app.kubernetes.io/name))")]
    public void Whose_traffic_is_meant_becomes_an_expression(
        string? namespaces, string? selector, string? target, string where, string expected)
    {
        _ = global::NetSniff.Protocols.Protocols.Records;
        string[] names = (namespaces ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var text = new RecordScope(names, selector, target).Narrowed(where);
        Assert.Equal(expected, text);
        if (text.Length > 0) Assert.True(FilterExpression.Parse(text).IsOk);
    }

    [Theory]
    [InlineData("app web", null, "is no condition on a label")]
    [InlineData("app in ()", null, "is no condition on a label")]
    [InlineData("app=a b", null, "is no condition on a label")]
    [InlineData("", null, "is no condition on a label")]
    [InlineData(null, "deploi/web", "did you mean deploy")]
    [InlineData(null, "deploy/", "is no target")]
    [InlineData(null, "a/b/c", "is no target")]
    public void What_is_neither_is_refused(string? selector, string? target, string words)
    {
        var problem = Assert.Throws<UsageException>(() => new RecordScope([], selector, target).Narrowed(null));
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }
}
