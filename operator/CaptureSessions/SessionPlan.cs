using NetSniff.Filters.Expression;
using NetSniff.Json;
using NetSniff.Kube.Resources;
using NetSniff.Operator.Reconciling;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.CaptureSessions;

/// <param name="Reason">Of the condition: `NotServed`, `InvalidFilter`, `NoPodsMatch`.</param>
public readonly record struct SessionProblem(string Reason, string Text);

/// <summary>From what a session asks for to what a worker is asked. Pure.</summary>
public static class SessionPlan
{
    /// <summary>Addresses of one session.</summary>
    public const int AddressesMax = 128;

    /// <summary>What a status lists.</summary>
    public const int FilesMax = 64;

    /// <summary>Leaves room for an ending in what a worker takes.</summary>
    private const int NameLengthMax = 240;

    /// <summary>What a session reaches back and lasts at most; rings reach no further.</summary>
    public static readonly TimeSpan BeforeMax = TimeSpan.FromHours(24), AfterMax = TimeSpan.FromHours(1);

    /// <summary>What is wrong with it, whatever pods there are; null for nothing.</summary>
    public static SessionProblem? Check(CaptureSessionSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Output.Type != SessionOutputType.Download) return NotServed("output.type", "there is Download");
        if (spec.Filter is { } filter && FilterExpression.Parse(filter).Problem is { } problem)
        {
            return new SessionProblem(
                problem.Fault == FilterFault.NotServed ? "NotServed"
                    : problem.Fault == FilterFault.UnknownField ? "UnknownField" : "InvalidFilter",
                $"spec.filter: {problem}");
        }

        if (Before(spec) > BeforeMax) return new SessionProblem("Invalid", "spec.window.before is at most 24h");
        return After(spec) > AfterMax ? new SessionProblem("Invalid", "spec.window.after is at most 1h") : null;
    }

    public static TimeSpan Before(CaptureSessionSpec spec) => spec.Window.Before?.Span() ?? TimeSpan.Zero;

    public static TimeSpan After(CaptureSessionSpec spec) =>
        spec.Window.After.Span() ?? TimeSpan.Zero;

    /// <summary>The pods that are meant and have an address. Pods in their node's network have its address, and with
    /// it the traffic of everybody on it: they are not meant.</summary>
    public static IReadOnlyList<PodSight> Pods(CaptureSessionSpec spec, IEnumerable<PodSight> ofNamespace)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var named = spec.Target.PodNames?.ToHashSet(StringComparer.Ordinal);
        return
        [
            .. ofNamespace.Where(pod => pod is { IsHostNetwork: false, Addresses.Count: > 0 }
                && (named?.Contains(pod.Name.Name) ?? spec.Target.PodSelector!.Matches(pod.Labels))),
        ];
    }

    /// <summary>Files that come of a session, and the nodes whose packets are in each: one of all, or one for each node
    /// that pods of it were on.</summary>
    /// <param name="nodes">In order.</param>
    public static IReadOnlyList<(string Name, string? Node)> Files(
        CaptureSessionSpec spec, string session, IReadOnlyList<string> nodes)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var ending = spec.Format.Type == SessionFileType.Pcap ? ".pcap" : ".pcapng";
        if (spec.Format.Merge == SessionMerge.Cluster) return [(session + ending, null)];

        return [.. nodes.Take(FilesMax).Select(node => (NameOf(session, node) + ending, node))];
    }

    private static string NameOf(string session, string node) =>
        session.Length + node.Length <= NameLengthMax ? $"{session}-{node}" : node;

    /// <summary>What is asked for, of those addresses alone, whatever the filter says.</summary>
    public static PacketsRequest Request(
        CaptureSessionSpec spec, string session, IReadOnlyList<string> addresses, DateTimeOffset from,
        DateTimeOffset to)
    {
        ArgumentNullException.ThrowIfNull(spec);
        // An address was somebody else's before: it is asked by records, which say whose it was then.
        var space = session[..session.IndexOf('/', StringComparison.Ordinal)];
        var own = $"ip in ({string.Join(", ", addresses.Take(AddressesMax))}) and namespace == '{space}'";
        return new PacketsRequest
        {
            Where = spec.Filter is { } filter ? $"( {filter} ) and {own}" : own,
            SinceNanos = Timestamps.Nanos(from),
            UntilNanos = Timestamps.Nanos(to),
            PacketsMax = (ulong)spec.Limits.MaxPackets,
            BytesMax = (ulong)spec.Limits.MaxBytes,
            SnapLength = (uint)spec.Limits.SnapLength,
            HeadersOnly = spec.Format.Payload == SessionPayload.HeadersOnly,
            NoNames = spec.Format.Names == SessionNames.Omit,
            BpfFilter = spec.BpfFilter ?? "",
            ClassicPcap = spec.Format.Type == SessionFileType.Pcap,
            Why = $"CaptureSession {session}",
        };
    }

    private static SessionProblem NotServed(string field, string instead) =>
        new("NotServed", $"spec.{field} is not served in this version: {instead}");
}
