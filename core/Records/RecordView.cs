using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Records;

/// <summary>The value of one field, borrowed from the arena.</summary>
public readonly ref struct FieldValue(FieldKind kind, ReadOnlySpan<byte> bytes, int count = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly int _count = count;

    public FieldKind Kind { get; } = kind;

    /// <summary>Number, and the raw word of Duration and Time.</summary>
    public ulong Number => BinaryPrimitives.ReadUInt64LittleEndian(_bytes);

    public long Nanos => BinaryPrimitives.ReadInt64LittleEndian(_bytes);

    public bool Flag => _bytes[0] != 0;

    public ReadOnlySpan<byte> Text => _bytes;

    /// <summary>The octets as they lie in the arena.</summary>
    public ReadOnlySpan<byte> Raw => _bytes;

    public Address Address => MemoryMarshal.Read<Address>(_bytes);

    public TextList Texts => new(_bytes, _count);

    public int NumbersCount => _count;

    public ulong NumberAt(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(8 * index)..]);
}

/// <summary>Reads one record out of an arena by its schema.</summary>
public readonly ref struct RecordView
{
    private readonly ReadOnlySpan<byte> _record;

    public RecordView(ReadOnlySpan<byte> record) => _record = record;

    /// <summary>Looked up when it is asked for, so that a record that is only passed on is two words.</summary>
    public RecordSchema Schema => RecordKinds.Of(Header.Kind);

    public ref readonly RecordHeader Header =>
        ref Unsafe.As<byte, RecordHeader>(ref MemoryMarshal.GetReference(_record));

    /// <summary>Header and fields, as they lie.</summary>
    public ReadOnlySpan<byte> Bytes => _record;

    /// <summary>Cells and octets (<see cref="RecordHeader"/>).</summary>
    public ReadOnlySpan<byte> Body => _record[Unsafe.SizeOf<RecordHeader>()..];

    public bool Has(int index) => (Header.Present >> index & 1) != 0;

    /// <summary>The field's value, or false where the record lacks it.</summary>
    public bool TryGet(int index, out FieldValue value)
    {
        if (!Has(index))
        {
            value = default;
            return false;
        }

        value = Read(index);
        return true;
    }

    public bool TryGet(string name, out FieldValue value)
    {
        value = default;
        return Schema.Find(name) is { } field && TryGet(field.Index, out value);
    }

    /// <summary>The fields that are there, in order.</summary>
    public FieldEnumerator GetEnumerator() => new(this);

    private FieldValue Read(int index)
    {
        var schema = Schema;
        var body = Body;
        var kind = schema.Kinds[index];
        var cell = body[schema.Cells[index]..];
        if (kind < FieldKind.Text) return new FieldValue(kind, cell[..sizeof(ulong)]);
        if (kind == FieldKind.Address) return new FieldValue(kind, cell[..Packets.Address.Size]);

        var place = MemoryMarshal.Read<TextCell>(cell);
        return new FieldValue(kind, cell.Slice(place.Start, place.Length), place.Count);
    }

    public ref struct FieldEnumerator(RecordView view)
    {
        private readonly RecordView _view = view;
        private ulong _left = view.Header.Present;

        public int Index { get; private set; } = -1;

        public readonly Field Field => _view.Schema.Fields[Index];

        public readonly FieldValue Value => _view.Read(Index);

        public readonly FieldEnumerator Current => this;

        public bool MoveNext()
        {
            if (_left == 0) return false;

            Index = BitOperations.TrailingZeroCount(_left);
            _left &= _left - 1;
            return true;
        }
    }
}

/// <summary>Walks the records of an arena.</summary>
public ref struct RecordWalker(ReadOnlySpan<byte> records)
{
    private ReadOnlySpan<byte> _rest = records;

    public RecordView Current { get; private set; }

    public readonly RecordWalker GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty) return false;

        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        Current = new RecordView(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }
}
