using System.Globalization;
using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Questions about texts that a header names by number: peers, node, interface. Each number is looked at once;
/// what came out is kept, for the registries only grow.</summary>
internal abstract class NamedTest(TextTest? question, bool isNegated) : FilterTest
{
    /// <summary>What is known of a number.</summary>
    protected enum Verdict : byte { Unasked, Absent, No, Yes }

    private Verdict[] _verdicts = [];

    protected abstract string TextOf(uint number);

    protected void Forget() => Array.Clear(_verdicts);

    protected Verdict Ask(uint number)
    {
        var verdicts = _verdicts;
        var verdict = number < (uint)verdicts.Length ? verdicts[number] : Verdict.Unasked;
        return verdict != Verdict.Unasked ? verdict : Learn(number);
    }

    /// <summary>As for every field: without a value nothing holds; of several one is enough, and `!=` wants none.
    /// </summary>
    protected bool Holds(Verdict first, Verdict second) =>
        (first | second) > Verdict.Absent && isNegated != (first == Verdict.Yes || second == Verdict.Yes);

    private Verdict Learn(uint number)
    {
        if (number >= (uint)_verdicts.Length) Array.Resize(ref _verdicts, (int)(number + number / 2 + 64));
        var text = TextOf(number);
        return _verdicts[number] = text.Length == 0 ? Verdict.Absent
            : question is null || question.Asks(FilterValues.Utf8(text)) ? Verdict.Yes
            : Verdict.No;
    }
}

/// <param name="question">Null to ask whether there is a text at all.</param>
internal sealed class PeerTest(PeerField field, TextTest? question, bool isNegated) : NamedTest(question, isNegated)
{
    public override bool Holds(in RecordView record)
    {
        ref readonly var header = ref record.Header;
        return field.Ends switch
        {
            PeerEnds.Source => Holds(Ask(header.ClientPeer), Verdict.Absent),
            PeerEnds.Target => Holds(Ask(header.ServerPeer), Verdict.Absent),
            _ => Holds(Ask(header.ClientPeer), Ask(header.ServerPeer)),
        };
    }

    // Nobody looked who number 0 is, so even its kind is not known to be unknown.
    protected override string TextOf(uint number) =>
        number == Peers.Unnamed ? "" : field.TextOf(Peers.Of(number));
}

internal sealed class OriginTest(HeaderField field, OriginBook origins, TextTest? question, bool isNegated)
    : NamedTest(question, isNegated)
{
    private int _revision = origins.Revision;

    public override bool Holds(in RecordView record)
    {
        if (_revision != origins.Revision)
        {
            _revision = origins.Revision;
            Forget();
        }

        return Holds(Ask(record.Header.Interface), Verdict.Absent);
    }

    protected override string TextOf(uint number)
    {
        var origin = origins.Of((ushort)number);
        if (field == HeaderField.Node) return origin.Node;

        // A capture file need not name its interfaces: then they are called by their numbers.
        return origin.Interface.Length > 0 || !origins.IsNumbered
            ? origin.Interface
            : number.ToString(CultureInfo.InvariantCulture);
    }
}
