using NetSniff.Records;

namespace NetSniff.Worker.Serve;

/// <summary>The fields that are wanted, as bits of each record kind. What every record has travels always. One thread
/// at a time.</summary>
internal sealed class FieldMask
{
    private readonly HashSet<string> _names;
    private byte[] _cut = new byte[1024];
    private ulong?[] _byKind = [];

    private FieldMask(string[] names) => _names = new HashSet<string>(names, StringComparer.Ordinal);

    /// <summary>Null when all are wanted.</summary>
    public static FieldMask? Of(string[] names) => names.Length == 0 ? null : new FieldMask(names);

    /// <summary>The record with what is wanted of it. Lent until the next call.</summary>
    public RecordView Cut(RecordView record)
    {
        if (_cut.Length < record.Header.Length) Array.Resize(ref _cut, 2 * record.Header.Length);
        var length = RecordCut.Copy(record, BitsOf(record.Schema), _cut);
        return new RecordView(_cut.AsSpan(0, length));
    }

    private ulong BitsOf(RecordSchema schema)
    {
        if (schema.Id >= _byKind.Length) Array.Resize(ref _byKind, schema.Id + 1);
        return _byKind[schema.Id] ??= schema.Fields
            .Where(field => _names.Contains(field.Name))
            .Aggregate(0ul, (bits, field) => bits | 1ul << field.Index);
    }
}
