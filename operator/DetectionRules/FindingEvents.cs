using NetSniff.Detection.Rules;
using NetSniff.Kube;
using NetSniff.Operator.Control;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Reconciling.Writing;

namespace NetSniff.Operator.DetectionRules;

/// <summary>Tells of findings as Events: on the rule, and on the pod that is offended. The same rule at the same pod is
/// one Event that is counted up.</summary>
public sealed class FindingEvents(OperatorParts parts)
{
    public const string Reason = "DetectionRaised";

    private const string Action = "Detect";
    private const int KnownMax = 4096;

    private static readonly TimeSpan s_knownFor = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(string Rule, string Pod), (string Note, long At)> _known = [];

    /// <param name="specOf">The rule in force of a name; null where it is there no more.</param>
    public void Tell(FindingNotice notice, Func<ResourceName, (OwnObject Object, RuleSpec Spec)?> specOf)
    {
        ArgumentNullException.ThrowIfNull(notice);
        ArgumentNullException.ThrowIfNull(specOf);
        var slash = notice.Rule.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return;

        var name = new ResourceName(notice.Rule[..slash], notice.Rule[(slash + 1)..]);
        if (specOf(name) is not var (rule, spec)) return;

        var pod = notice.Pod.Length == 0 ? "" : $"{notice.PodNamespace}/{notice.Pod}";
        var note = NoteOf(notice, pod);
        parts.Events.Tell(EventSubject.Of(rule), true, Reason, Action, note);

        // What a rule says is its author's text: it is told in no namespace that is not theirs.
        if (pod.Length == 0 || (spec.Scope != RuleScope.Cluster && notice.PodNamespace != name.Namespace)) return;
        if (parts.Caches.Pods.Find(new ResourceName(notice.PodNamespace, notice.Pod)) is not { } sight) return;

        parts.Events.Tell(
            EventSubject.Pod(notice.PodNamespace, notice.Pod, sight.Uid), true, Reason, Action, note);
    }

    /// <summary>The first words of a row of findings stand for all of it: what differs from one to the next (an
    /// address, a request) would make each an Event of its own.</summary>
    private string NoteOf(FindingNotice notice, string pod)
    {
        var (key, now) = ((notice.Rule, pod), parts.Clock.GetTimestamp());
        if (_known.TryGetValue(key, out var known) && parts.Clock.GetElapsedTime(known.At, now) < s_knownFor)
        {
            _known[key] = (known.Note, now);
            return known.Note;
        }

        if (_known.Count >= KnownMax) _known.Clear();
        var where = pod.Length == 0 ? "" : $" at pod {pod}";
        var note = $"{notice.Severity} {notice.Rule}{where}: {notice.Text}";
        _known[key] = (note, now);
        return note;
    }
}
