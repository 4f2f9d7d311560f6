using System.Text;
using NetSniff.Detection.Rules;
using NetSniff.Pipeline;
using NetSniff.Records;

namespace NetSniff.Worker.Detect;

/// <summary>A finding that asks for an Event, in words.</summary>
/// <param name="Namespace">Of the pod that it is about; empty where that is none.</param>
/// <param name="Count">It, and those of the same rule, pod and severity that came before it was told.</param>
public sealed record FindingNotice(
    string Rule, string Severity, string Text, string Namespace, string Pod, long TimeNanos, long Count);

/// <summary>Gathers what rules with the action Event find, for whoever tells the cluster: a bounded number, those of
/// the same rule and pod as one.</summary>
/// <remarks>The store's thread gives, any takes.</remarks>
/// <param name="rules">Those in force.</param>
public sealed class FindingNotices(Func<RuleSet?> rules) : RecordConsumer
{
    /// <summary>Notices that wait; further ones are counted and left out.</summary>
    public const int WaitingMax = 512;

    private const string EventAction = "Event";
    private const string Alert = "alert";

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Rule, string Namespace, string Pod), FindingNotice> _waiting = [];
    private HashSet<string> _asking = [];
    private RuleSet? _of;
    private long _seen;
    private long _leftOut;

    /// <summary>Told, without knowing which, that there are more.</summary>
    public Action? Came { get; set; }

    /// <summary>Findings for which there was no room.</summary>
    public long LeftOut => Volatile.Read(ref _leftOut);

    public override void Consume(ReadOnlySpan<byte> records, int count)
    {
        LookAtRules();
        if (_asking.Count == 0) return;

        var before = _seen;
        foreach (var record in new RecordWalker(records)) Take(record);
        if (_seen != before) Came?.Invoke();
    }

    /// <summary>Takes the next ones away.</summary>
    public IReadOnlyList<FindingNotice> Take(int most)
    {
        lock (_lock)
        {
            List<FindingNotice> taken = [.. _waiting.Values.OrderBy(static one => one.TimeNanos).Take(most)];
            foreach (var notice in taken) _waiting.Remove((notice.Rule, notice.Namespace, notice.Pod));
            return taken;
        }
    }

    public IEnumerable<LedgerLine> Ledger() =>
    [
        new("events", "findings that ask for an Event", Volatile.Read(ref _seen), false),
        new("events", "findings that found no room", LeftOut, true),
    ];

    /// <summary>Whose pod a finding is about: the one that is asked, else the one that asks.</summary>
    private static (string Namespace, string Pod) PodOf(in RecordHeader header)
    {
        var peer = Peers.Of(header.ServerPeer);
        if (peer.Kind != PeerKind.Pod) peer = Peers.Of(header.ClientPeer);
        return peer.Kind == PeerKind.Pod ? (peer.Namespace, peer.Name) : ("", "");
    }

    private static string Text(RecordView record, string field) =>
        record.TryGet(field, out var value) ? Encoding.UTF8.GetString(value.Text) : "";

    private void LookAtRules()
    {
        var now = rules();
        if (ReferenceEquals(now, _of)) return;

        _asking = now is null ? [] : new HashSet<string>(
            now.States().Where(static rule => rule.Spec.Actions.Contains(EventAction, StringComparer.Ordinal))
                .Select(static rule => rule.Spec.FullName),
            StringComparer.Ordinal);
        _of = now;
    }

    private void Take(RecordView record)
    {
        if (record.Schema.Info.Name != FindingRecord.Info.Name || Text(record, "finding.mode") != Alert) return;

        var rule = Text(record, "finding.rule");
        if (!_asking.Contains(rule)) return;

        Volatile.Write(ref _seen, _seen + 1);
        var (space, pod) = PodOf(in record.Header);
        lock (_lock)
        {
            var key = (rule, space, pod);
            if (_waiting.TryGetValue(key, out var known))
            {
                _waiting[key] = known with { Count = known.Count + 1, TimeNanos = record.Header.TimeNanos };
                return;
            }

            if (_waiting.Count >= WaitingMax)
            {
                Volatile.Write(ref _leftOut, _leftOut + 1);
                return;
            }

            _waiting.Add(key, new FindingNotice(
                rule, Text(record, "finding.severity_name"), Text(record, "finding.title"), space, pod,
                record.Header.TimeNanos, 1));
        }
    }
}
