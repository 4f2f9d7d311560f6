using System.Text;
using NetSniff.Records;

namespace NetSniff.Detection.Rules.Patterns;

/// <summary>Room to decode in, lent to all rules of one thread.</summary>
internal sealed class PatternScratch
{
    /// <summary>Bytes of a text that patterns look at. What is longer is looked at so far, and counted.</summary>
    public const int TextBytesMax = 8 << 10;

    public byte[] First { get; } = new byte[TextBytesMax];

    public byte[] Second { get; } = new byte[TextBytesMax];

    public char[] Letters { get; } = new char[TextBytesMax];

    /// <summary>Another for each record.</summary>
    public long Record { get; set; }
}

/// <summary>A text as it is, and then as each decoder that finds something makes it, one after the other; each octet is
/// the Latin-1 letter of its number.</summary>
internal ref struct TextViews(ReadOnlySpan<byte> text, ReadOnlySpan<DecodeStep> steps, PatternScratch scratch)
{
    private readonly PatternScratch _scratch = scratch;
    private readonly ReadOnlySpan<DecodeStep> _steps = steps;
    private ReadOnlySpan<byte> _text = text.Length > PatternScratch.TextBytesMax
        ? text[..PatternScratch.TextBytesMax] : text;

    private int _step = -1;
    private bool _isInFirst;

    public ReadOnlySpan<char> Current { get; private set; }

    public bool MoveNext()
    {
        if (_step < 0)
        {
            _step = 0;
            return Show();
        }

        while (_step < _steps.Length)
        {
            var target = _isInFirst ? _scratch.Second : _scratch.First;
            var length = TextDecoder.Decode(_steps[_step++], _text, target);
            if (length < 0) continue;

            _isInFirst = !_isInFirst;
            _text = target.AsSpan(0, length);
            return Show();
        }

        return false;
    }

    private bool Show()
    {
        var length = Encoding.Latin1.GetChars(_text, _scratch.Letters);
        Current = _scratch.Letters.AsSpan(0, length);
        return true;
    }
}

/// <summary>Asks once a record, for all rules that look at the same texts in the same way, whether any of what they ask
/// for is there: most records end here, however many rules there are.</summary>
internal sealed class PatternGate(IReadOnlyList<FieldProbe> fields, DecodeStep[] steps, PatternScratch scratch)
{
    private readonly FieldProbe[] _fields = [.. fields];
    private readonly HashSet<string> _literals = new(StringComparer.OrdinalIgnoreCase);
    private System.Buffers.SearchValues<string>? _values;
    private long _record = -1;
    private bool _mayHold;

    /// <summary>Of the record last asked about, some text was longer than is looked at.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Adds what another rule asks for, before the first record.</summary>
    public void Add(IEnumerable<string> literals)
    {
        _literals.UnionWith(literals);
        _values = null;
    }

    public bool MayHold(in RecordView record)
    {
        if (_record == scratch.Record) return _mayHold;

        (_record, IsCut) = (scratch.Record, false);
        return _mayHold = Look(in record);
    }

    private bool Look(in RecordView record)
    {
        var values = _values ??= System.Buffers.SearchValues.Create(
            [.. _literals], StringComparison.OrdinalIgnoreCase);
        foreach (var field in _fields)
        {
            if (!field.TryGet(in record, out var value)) continue;
            if (value.Kind != FieldKind.Texts)
            {
                if (IsIn(value.Raw, values)) return true;
                continue;
            }

            foreach (var text in value.Texts)
            {
                if (IsIn(text, values)) return true;
            }
        }

        return false;
    }

    private bool IsIn(ReadOnlySpan<byte> text, System.Buffers.SearchValues<string> values)
    {
        IsCut |= text.Length > PatternScratch.TextBytesMax;
        var views = new TextViews(text, steps, scratch);
        while (views.MoveNext())
        {
            if (views.Current.ContainsAny(values)) return true;
        }

        return false;
    }
}
