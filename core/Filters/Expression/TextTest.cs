using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>A question about the octets of a text, of bytes, or of any text of a list.</summary>
/// <remarks>Case is ignored for ASCII letters only: the octets need not be UTF-8, and what names and headers fold by
/// is ASCII (RFC 4343, RFC 9110 section 5.1).</remarks>
internal abstract class TextTest(CatalogField field, bool isNegated = false) : FilterTest
{
    private readonly FieldLookup _field = new(field);
    private readonly bool _isNegated = isNegated;

    public sealed override bool Holds(in RecordView record)
    {
        if (!_field.TryGet(in record, out var value)) return false;
        return _isNegated != (value.Kind == FieldKind.Texts ? HoldsForAny(value.Texts) : HoldsFor(value.Text));
    }

    /// <summary>Asks a text that is no field; what `!=` makes of the answer is the asker's business.</summary>
    public bool Asks(ReadOnlySpan<byte> text) => HoldsFor(text);

    protected abstract bool HoldsFor(ReadOnlySpan<byte> text);

    private bool HoldsForAny(TextList texts)
    {
        foreach (var text in texts)
        {
            if (HoldsFor(text)) return true;
        }

        return false;
    }
}

internal sealed class EqualTest(CatalogField field, byte[][] values, bool ignoresCase, bool isNegated)
    : TextTest(field, isNegated)
{
    protected override bool HoldsFor(ReadOnlySpan<byte> text)
    {
        foreach (var value in values)
        {
            if (value.Length != text.Length) continue;
            if (ignoresCase ? AsciiFold.Equal(text, value) : text.SequenceEqual(value)) return true;
        }

        return false;
    }
}

internal sealed class StartsTest(CatalogField field, byte[] start, bool ignoresCase) : TextTest(field)
{
    protected override bool HoldsFor(ReadOnlySpan<byte> text) => text.Length >= start.Length
        && (ignoresCase ? AsciiFold.Equal(text[..start.Length], start) : text.StartsWith(start));
}

internal sealed class EndsTest(CatalogField field, byte[] end, bool ignoresCase) : TextTest(field)
{
    protected override bool HoldsFor(ReadOnlySpan<byte> text) => text.Length >= end.Length
        && (ignoresCase ? AsciiFold.Equal(text[^end.Length..], end) : text.EndsWith(end));
}

internal sealed class ContainsTest(CatalogField field, byte[] part, bool ignoresCase) : TextTest(field)
{
    protected override bool HoldsFor(ReadOnlySpan<byte> text) =>
        ignoresCase ? AsciiFold.Contains(text, part) : text.IndexOf(part) >= 0;
}

/// <summary>ASCII letters alike in both cases, every other octet as it is.</summary>
internal static class AsciiFold
{
    public static byte Lower(byte octet) => octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet;

    public static bool Equal(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        for (var index = 0; index < left.Length; index++)
        {
            if (left[index] != right[index] && Lower(left[index]) != Lower(right[index])) return false;
        }

        return true;
    }

    public static bool Contains(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty) return true;

        var lower = Lower(part[0]);
        var upper = lower is >= (byte)'a' and <= (byte)'z' ? (byte)(lower & ~0x20) : lower;
        while (text.Length >= part.Length)
        {
            var start = text[..^(part.Length - 1)].IndexOfAny(lower, upper);
            if (start < 0) return false;
            if (Equal(text.Slice(start, part.Length), part)) return true;
            text = text[(start + 1)..];
        }

        return false;
    }
}
