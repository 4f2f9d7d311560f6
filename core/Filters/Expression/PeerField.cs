using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>What expressions ask of a peer.</summary>
internal enum PeerAspect : byte { Kind, Name, Pod, Namespace, Workload, WorkloadKind, Service, Node, Zone, Why, Label }

internal enum PeerEnds : byte { Source, Target, Either }

/// <summary>A text about one or both ends, kept in <see cref="Peers"/>.</summary>
internal sealed record PeerField(PeerEnds Ends, PeerAspect Aspect, string Key = "")
{
    private const string LabelMark = "label.";

    private static readonly (string Start, PeerEnds Ends, string Whose)[] s_ends =
    [
        ("src.", PeerEnds.Source, "The client's"),
        ("dst.", PeerEnds.Target, "The server's"),
        ("", PeerEnds.Either, "Either end's"),
    ];

    private static readonly (string Name, PeerAspect Aspect, string About, string Value, bool HasEither)[] s_aspects =
    [
        ("pod", PeerAspect.Pod, "pod", "like 'web-*'", true),
        ("namespace", PeerAspect.Namespace, "namespace", "== shop", true),
        ("workload", PeerAspect.Workload, "workload: the deployment, daemon set, job … it belongs to", "== cart", true),
        ("workload.kind", PeerAspect.WorkloadKind, "kind of workload", "== Deployment", false),
        ("service", PeerAspect.Service, "service: itself, or the one it serves", "== cart", true),
        ("node", PeerAspect.Node, "node: where it runs, or itself", "== node-2", false),
        ("zone", PeerAspect.Zone, "zone, by its node", "!= eu-1a", false),
        ("name", PeerAspect.Name, "name, whatever it is", "== node-2", false),
        ("peer", PeerAspect.Kind, "kind: pod, service, node, host, external or unknown", "== external", false),
        ("unnamed", PeerAspect.Why, "reason for having no name", "like '*host network*'", false),
    ];

    private static readonly string[] s_kinds =
        [.. Enum.GetValues<PeerKind>().Select(kind => Enum.GetName(kind)!.ToLowerInvariant())];

    /// <summary>Those with a name of their own, and one label of each end to show how they are written.</summary>
    public static IEnumerable<CatalogField> All()
    {
        foreach (var (start, ends, whose) in s_ends)
        {
            foreach (var (name, aspect, about, value, hasEither) in s_aspects)
            {
                if (ends == PeerEnds.Either && !hasEither) continue;
                yield return New(start + name, new PeerField(ends, aspect), $"{whose} {about}", value);
            }

            yield return Label($"{start}{LabelMark}KEY")!;
        }
    }

    /// <summary>`src.label.app`: a field for any key. Null when the name is of another sort.</summary>
    public static CatalogField? Label(string name)
    {
        foreach (var (start, ends, whose) in s_ends)
        {
            var length = start.Length + LabelMark.Length;
            if (name.Length <= length || !name.StartsWith(start, StringComparison.Ordinal)) continue;
            if (!name.AsSpan(start.Length).StartsWith(LabelMark, StringComparison.Ordinal)) continue;

            var about = $"{whose} label, by the key behind {start}{LabelMark}";
            return New(name, new PeerField(ends, PeerAspect.Label, name[length..]), about, "== cart");
        }

        return null;
    }

    /// <summary>Empty where the peer has none.</summary>
    public string TextOf(Peer peer) => Aspect switch
    {
        PeerAspect.Kind => s_kinds[(int)peer.Kind],
        PeerAspect.Name => peer.Name,
        PeerAspect.Pod => peer.Kind == PeerKind.Pod ? peer.Name : "",
        PeerAspect.Namespace => peer.Namespace,
        PeerAspect.Workload => peer.Workload,
        PeerAspect.WorkloadKind => peer.WorkloadKind,
        PeerAspect.Service => peer.Service,
        PeerAspect.Node => peer.Node,
        PeerAspect.Zone => peer.Zone,
        PeerAspect.Why => peer.Why,
        _ => peer.Label(Key),
    };

    private static CatalogField New(string name, PeerField field, string about, string comparison) =>
        new(name, FieldKind.Text, null, about, $"{name} {comparison}") { Header = HeaderField.Peer, Peer = field };
}
