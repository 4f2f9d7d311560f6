using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NetSniff.Worker.Serve.Authorizing;

namespace NetSniff.Worker.Serve.Access;

/// <summary>What a request asks for, by its path, and in which namespaces.</summary>
internal static class AskedPaths
{
    public const string NamespaceHeader = "x-netsniff-namespace";

    /// <summary>The same over HTTP, for who cannot set headers.</summary>
    public const string NamespaceParameter = "namespace";

    public const string FindingFile = "/api/v1/captures/{finding}";

    /// <summary>Names the namespace it is about.</summary>
    public const string SessionFile = "/api/v1/sessions/{namespace}/{name}/{file}";

    private static readonly Dictionary<string, Asked> s_known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["/netsniff.v1.Query/Observe"] = Asked.Records,
        ["/netsniff.v1.Query/Aggregate"] = Asked.Records,
        ["/api/v1/records"] = Asked.Records,
        ["/api/v1/aggregate"] = Asked.Records,
        ["/netsniff.v1.Query/Packets"] = Asked.Packets,
        ["/netsniff.v1.Query/Depth"] = Asked.Sensors,
        ["/netsniff.v1.Query/Relay"] = Asked.Relay,
        ["/netsniff.v1.Query/Keep"] = Asked.Keep,
        ["/netsniff.v1.Query/Forget"] = Asked.Keep,
        ["/netsniff.v1.Query/Fetch"] = Asked.Packets,
        [FindingFile] = Asked.Packets,
        [SessionFile] = Asked.Packets,
    };

    /// <summary>Of what will be run, and not as it was asked for: a slash at the end leads to the same.</summary>
    public static string Of(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern : context.Request.Path;

    /// <summary>What is not known here, as it may be tomorrow, needs most.</summary>
    public static Asked What(string path) => s_known.GetValueOrDefault(path, Asked.WholeStore);

    /// <summary>Namespaces that are to be looked in; none where nothing is said of them.</summary>
    public static IReadOnlyList<string> Namespaces(HttpContext context)
    {
        if (context.GetRouteValue(NamespaceParameter) is string inPath) return [inPath];

        IEnumerable<string?> said = context.Request.Headers[NamespaceHeader];
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            said = said.Concat(context.Request.Query[NamespaceParameter]);
        }

        return
        [
            .. said.SelectMany(static text => (text ?? "").Split(
                    ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                .Distinct(StringComparer.Ordinal).Take(Sight.NamespacesMax + 1),
        ];
    }
}
