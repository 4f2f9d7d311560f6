using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>Every comparison of numbers, flags, durations and times is a question about ranges.</summary>
/// <remarks>Signed kinds are kept with the sign bit flipped, which puts them into unsigned order.</remarks>
internal sealed class ScalarRanges
{
    public const ulong SignFlip = 1ul << 63;

    private readonly ulong[] _bounds;

    private ScalarRanges(List<ulong> bounds) => _bounds = [.. bounds];

    /// <summary>First and last of each range, one after the other.</summary>
    internal ReadOnlySpan<ulong> Bounds => _bounds;

    public static ScalarRanges Of(FilterOperator comparison, IReadOnlyList<FilterLiteral> values)
    {
        var bounds = new List<ulong>(2 * values.Count);
        foreach (var value in values)
        {
            // An empty range (nothing is less than zero) is left out.
            if (comparison == FilterOperator.Less && value.Low == ulong.MinValue) continue;
            if (comparison == FilterOperator.Greater && value.High == ulong.MaxValue) continue;

            bounds.AddRange(comparison switch
            {
                FilterOperator.Less => [ulong.MinValue, value.Low - 1],
                FilterOperator.LessOrEqual => [ulong.MinValue, value.High],
                FilterOperator.Greater => [value.High + 1, ulong.MaxValue],
                FilterOperator.GreaterOrEqual => [value.Low, ulong.MaxValue],
                _ => new[] { value.Low, value.High },
            });
        }

        return new ScalarRanges(bounds);
    }

    public bool Has(ulong value)
    {
        var bounds = _bounds;
        for (var index = 0; index + 1 < bounds.Length; index += 2)
        {
            if (value >= bounds[index] && value <= bounds[index + 1]) return true;
        }

        return false;
    }
}

/// <param name="isNegated">`!=`: the field is there and no value of it is in the ranges.</param>
internal sealed class ScalarTest(CatalogField field, ScalarRanges ranges, bool isNegated) : FilterTest
{
    private readonly FieldLookup _field = new(field);
    private readonly ulong _flip = field.Kind is FieldKind.Duration or FieldKind.Time ? ScalarRanges.SignFlip : 0;
    private readonly ScalarRanges _ranges = ranges;
    private readonly bool _isNegated = isNegated;

    public override bool Holds(in RecordView record)
    {
        if (!_field.TryGet(in record, out var value)) return false;
        return _isNegated != value.Kind switch
        {
            FieldKind.Flag => _ranges.Has(value.Flag ? 1u : 0u),
            FieldKind.Numbers => HasAny(value),
            _ => _ranges.Has(value.Number ^ _flip),
        };
    }

    private bool HasAny(FieldValue value)
    {
        for (var index = 0; index < value.NumbersCount; index++)
        {
            if (_ranges.Has(value.NumberAt(index))) return true;
        }

        return false;
    }
}

internal sealed class HeaderScalarTest(HeaderField field, ScalarRanges ranges, bool isNegated) : FilterTest
{
    public override bool Holds(in RecordView record)
    {
        var count = HeaderFields.Numbers(field, in record.Header, out var first, out var second);
        return count > 0 && isNegated != (ranges.Has(first) || (count > 1 && ranges.Has(second)));
    }
}
