using System.Numerics;

namespace NetSniff.Records;

/// <summary>Where the fields of one record begin, found in one walk, for readers who ask for many of them:
/// <see cref="RecordView.TryGet(int, out FieldValue)"/> walks over the texts before a field each time.</summary>
public sealed class FieldPlaces
{
    private readonly int[] _places = new int[RecordSchema.FieldsMax];

    /// <summary>Looks at a record; what is asked for from now on must be this one's.</summary>
    public void Find(RecordView record)
    {
        var kinds = record.Schema.Kinds;
        var body = record.Body;
        var places = _places;
        var words = record.Schema.WordFields;
        var place = 0;
        for (var left = record.Header.Present; left != 0; left &= left - 1)
        {
            var field = BitOperations.TrailingZeroCount(left);
            places[field] = place;
            place += (words >> field & 1) != 0 ? sizeof(ulong) : RecordView.SizeOf(kinds[field], body[place..]);
        }
    }

    /// <summary>The field's value, or false where the record lacks it.</summary>
    public bool TryGet(RecordView record, int field, out FieldValue value)
    {
        if (!record.Has(field))
        {
            value = default;
            return false;
        }

        value = RecordView.Read(record.Schema.Kinds[field], record.Body[_places[field]..]);
        return true;
    }
}
