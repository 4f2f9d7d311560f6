using NetSniff.Packets;

namespace NetSniff.Records;

/// <summary>One field of a record kind.</summary>
public sealed record Field(string Name, FieldKind Kind, string About, int Index);

/// <summary>The fields of a record kind in order, read off its description once.</summary>
public sealed class RecordSchema
{
    /// <summary>The presence mask is one word.</summary>
    public const int FieldsMax = 64;

    private readonly Dictionary<string, Field> _byName;

    private RecordSchema(RecordInfo info, IReadOnlyList<Field> fields, ushort id)
    {
        Id = id;
        Info = info;
        Fields = fields;
        Kinds = [.. fields.Select(field => field.Kind)];
        (Cells, FixedBytes) = Lay(Kinds);
        _byName = fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
    }

    /// <summary>The number in <see cref="RecordHeader.Kind"/>.</summary>
    public ushort Id { get; }

    public RecordInfo Info { get; }

    public IReadOnlyList<Field> Fields { get; }

    internal FieldKind[] Kinds { get; }

    /// <summary>By field: where its cell begins in a body (<see cref="RecordHeader"/>).</summary>
    public ReadOnlySpan<int> CellPlaces => Cells;

    /// <summary>Bytes of a body before texts and lists: all cells.</summary>
    public int FixedBytes { get; }

    internal int[] Cells { get; }

    public Field? Find(string name) => _byName.GetValueOrDefault(name);

    private static (int[] Cells, int FixedBytes) Lay(FieldKind[] kinds)
    {
        var cells = new int[kinds.Length];
        var at = 0;
        for (var field = 0; field < kinds.Length; field++)
        {
            cells[field] = at;
            at += kinds[field] == FieldKind.Address ? Address.Size : sizeof(ulong);
        }

        return (cells, at);
    }

    public static RecordSchema Of<TRecord>(ushort id) where TRecord : struct, IRecord, allows ref struct
    {
        var list = new Lister();
        var blank = default(TRecord);
        blank.Describe(ref list);
        return new RecordSchema(TRecord.Info, list.Fields, id);
    }

    private readonly struct Lister() : IFieldVisitor
    {
        public List<Field> Fields { get; } = [];

        public void Number(string name, string about, ulong value, bool has) => Add(name, FieldKind.Number, about);

        public void Flag(string name, string about, bool value, bool has) => Add(name, FieldKind.Flag, about);

        public void Duration(string name, string about, long nanos, bool has) => Add(name, FieldKind.Duration, about);

        public void Time(string name, string about, long nanos, bool has) => Add(name, FieldKind.Time, about);

        public void Text(string name, string about, ReadOnlySpan<byte> value) => Add(name, FieldKind.Text, about);

        public void Bytes(string name, string about, ReadOnlySpan<byte> value) => Add(name, FieldKind.Bytes, about);

        public void Address(string name, string about, Address value, bool has) => Add(name, FieldKind.Address, about);

        public void Texts(string name, string about, TextList values) => Add(name, FieldKind.Texts, about);

        public void Numbers(string name, string about, ReadOnlySpan<ulong> values) =>
            Add(name, FieldKind.Numbers, about);

        private void Add(string name, FieldKind kind, string about) =>
            Fields.Add(new Field(name, kind, about, Fields.Count));
    }
}
