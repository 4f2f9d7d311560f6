using NetSniff.Records;

namespace NetSniff.Filters.Expression;

/// <summary>A leaf of a filter: one question about one field. A record without the field answers no.</summary>
internal abstract class FilterTest
{
    public abstract bool Holds(in RecordView record);
}

/// <summary>Where a field is in each record kind, learnt when the kind is first met.</summary>
internal sealed class FieldLookup(CatalogField field)
{
    private const sbyte Unknown = -2;
    private const sbyte Absent = -1;

    private readonly CatalogField _field = field;
    private sbyte[] _indexes = [];

    public bool TryGet(in RecordView record, out FieldValue value)
    {
        var kind = record.Header.Kind;
        var indexes = _indexes;
        var index = kind < indexes.Length ? indexes[kind] : Unknown;
        if (index == Unknown) index = Learn(record.Schema);
        if (index >= 0) return record.TryGet(index, out value);

        value = default;
        return false;
    }

    public bool IsIn(in RecordView record)
    {
        var kind = record.Header.Kind;
        var indexes = _indexes;
        var index = kind < indexes.Length ? indexes[kind] : Unknown;
        if (index == Unknown) index = Learn(record.Schema);
        return index >= 0 && record.Has(index);
    }

    private sbyte Learn(RecordSchema schema)
    {
        if (schema.Id >= _indexes.Length)
        {
            var before = _indexes.Length;
            Array.Resize(ref _indexes, schema.Id + 1);
            _indexes.AsSpan(before).Fill(Unknown);
        }

        // A name is of one kind everywhere; should a plug-in break that, its field is not this one.
        var found = schema.Find(_field.Name);
        return _indexes[schema.Id] = found?.Kind == _field.Kind ? (sbyte)found.Index : Absent;
    }
}

internal sealed class ExistsTest(CatalogField field) : FilterTest
{
    private readonly FieldLookup _field = new(field);

    public override bool Holds(in RecordView record) => _field.IsIn(in record);
}

internal sealed class HeaderExistsTest(HeaderField field) : FilterTest
{
    public override bool Holds(in RecordView record) => HeaderFields.Has(field, in record.Header);
}
