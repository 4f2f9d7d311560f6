using System.Text;
using NetSniff.Records;

namespace NetSniff.Worker.Serve.Keeping;

/// <summary>Which packets a finding is about, as a filter that packets can be asked.</summary>
internal static class FindingPackets
{
    private const string SourceIp = "src.ip=", TargetIp = "dst.ip=";

    /// <returns>The filter, and the namespaces of those whose packets it means.</returns>
    public static (string Where, IReadOnlyList<string> Namespaces) Of(RecordView finding)
    {
        ref readonly var header = ref finding.Header;
        var (source, target) = (NamespaceOf(header.ClientPeer), NamespaceOf(header.ServerPeer));
        var groups = Groups(finding);
        var hasSource = groups.Any(static text => text.StartsWith(SourceIp, StringComparison.Ordinal));
        var hasTarget = groups.Any(static text => text.StartsWith(TargetIp, StringComparison.Ordinal));
        // A rule that groups by one end has found something about that end and whomever it met.
        if (hasSource && !hasTarget) return ($"ip == {header.Client}", Named(source));
        if (hasTarget && !hasSource) return ($"ip == {header.Server}", Named(target));

        return ($"src.ip == {header.Client} and dst.ip == {header.Server}", Named(source, target));
    }

    private static List<string> Groups(RecordView finding)
    {
        List<string> texts = [];
        if (!finding.TryGet("finding.group", out var group)) return texts;

        foreach (var text in group.Texts) texts.Add(Encoding.UTF8.GetString(text));
        return texts;
    }

    private static string NamespaceOf(uint peer) => peer == Peers.Unnamed ? "" : Peers.Of(peer).Namespace;

    private static List<string> Named(params ReadOnlySpan<string> namespaces)
    {
        List<string> named = [];
        foreach (var one in namespaces)
        {
            if (one.Length > 0 && !named.Contains(one)) named.Add(one);
        }

        return named;
    }
}
