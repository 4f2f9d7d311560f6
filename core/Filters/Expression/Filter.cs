using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>A compiled expression: tests in a row, each knowing where to go on true and on false, as in a BPF program.
/// </summary>
/// <remarks>For one thread at a time: it learns where fields are the first time it meets a record kind, and keeps a
/// buffer for regular expressions. Parse the text once for each thread. After it has met a kind, a match allocates
/// nothing.</remarks>
public sealed class Filter
{
    private const int Accept = -1;
    private const int Reject = -2;

    private readonly List<Step> _program = [];
    private readonly Step[] _steps;
    private readonly int _entry;
    private readonly FilterNode _root;
    private readonly OriginBook _origins;

    internal Filter(string text, FilterNode root, OriginBook origins)
    {
        Text = text;
        _root = root;
        _origins = origins;
        _entry = Compile(root, Accept, Reject);
        _steps = [.. _program];
        _program.Clear();
    }

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <summary>The expression as a tree, for those that put it into another language.</summary>
    internal FilterNode Root => _root;

    /// <summary>Whether this is the filter of blank text, which need not be asked.</summary>
    public bool IsAlways => _entry == Accept;

    public bool Matches(RecordView record)
    {
        var steps = _steps;
        var at = _entry;
        while (at >= 0)
        {
            ref readonly var step = ref steps[at];
            at = step.Test.Holds(in record) ? step.OnTrue : step.OnFalse;
        }

        return at == Accept;
    }

    /// <summary>The expression as it was understood, with every operator spelled one way; parses to the same filter.
    /// </summary>
    public override string ToString() => _root.ToString();

    /// <summary>Appends the tests of a node from its last to its first, for each must know where it leads.</summary>
    /// <returns>Where to enter it. Targets are always appended before, so no program can loop.</returns>
    private int Compile(FilterNode node, int onTrue, int onFalse)
    {
        switch (node)
        {
            case ConstantNode constant:
                return constant.Value ? onTrue : onFalse;
            case NotNode not:
                return Compile(not.Inner, onFalse, onTrue);
            case AndNode and:
                for (var index = and.Parts.Count - 1; index >= 0; index--)
                {
                    onTrue = Compile(and.Parts[index], onTrue, onFalse);
                }

                return onTrue;
            case OrNode or:
                for (var index = or.Parts.Count - 1; index >= 0; index--)
                {
                    onFalse = Compile(or.Parts[index], onTrue, onFalse);
                }

                return onFalse;
            default:
                _program.Add(new Step(((TestNode)node).NewTest(_origins), onTrue, onFalse));
                return _program.Count - 1;
        }
    }

    private readonly record struct Step(FilterTest Test, int OnTrue, int OnFalse);
}
