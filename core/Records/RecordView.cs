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

    /// <summary>The octets as they lie in the arena, for text, octets and addresses.</summary>
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

    public RecordView(ReadOnlySpan<byte> record)
    {
        _record = record;
        Schema = RecordKinds.Of(Header.Kind);
    }

    public RecordSchema Schema { get; }

    public ref readonly RecordHeader Header =>
        ref Unsafe.As<byte, RecordHeader>(ref MemoryMarshal.GetReference(_record));

    /// <summary>Header and fields, as they lie.</summary>
    public ReadOnlySpan<byte> Bytes => _record;

    /// <summary>The fields that are there, packed, in order.</summary>
    public ReadOnlySpan<byte> Body => _record[Unsafe.SizeOf<RecordHeader>()..];

    public bool Has(int index) => (Header.Present >> index & 1) != 0;

    /// <summary>The field's value, or false where the record lacks it.</summary>
    public bool TryGet(int index, out FieldValue value)
    {
        value = default;
        if (!Has(index)) return false;

        var schema = Schema;
        var kinds = schema.Kinds;
        var body = Body;
        var before = Header.Present & ((1ul << index) - 1);
        var texts = 0;
        var left = before & ~(schema.WordFields | schema.FlagFields | schema.AddressFields);
        for (; left != 0; left &= left - 1)
        {
            var text = BitOperations.TrailingZeroCount(left);
            var at = texts + FixedBytes(schema, before & ((1ul << text) - 1));
            texts += SizeOf(kinds[text], body[at..]);
        }

        value = Read(kinds[index], body[(texts + FixedBytes(schema, before))..]);
        return true;
    }

    /// <summary>Bytes of those of the fields that have a fixed size: counted, not walked.</summary>
    private static int FixedBytes(RecordSchema schema, ulong fields) =>
        8 * BitOperations.PopCount(fields & schema.WordFields)
        + BitOperations.PopCount(fields & schema.FlagFields)
        + Packets.Address.Size * BitOperations.PopCount(fields & schema.AddressFields);

    public bool TryGet(string name, out FieldValue value)
    {
        value = default;
        return Schema.Find(name) is { } field && TryGet(field.Index, out value);
    }

    /// <summary>The fields that are there, in order.</summary>
    public FieldEnumerator GetEnumerator() => new(this);

    /// <summary>Bytes of a field in a body, its length or count included.</summary>
    public static int SizeOf(FieldKind kind, ReadOnlySpan<byte> at) => kind switch
    {
        FieldKind.Flag => 1,
        FieldKind.Address => Packets.Address.Size,
        FieldKind.Text or FieldKind.Bytes => 2 + BinaryPrimitives.ReadUInt16LittleEndian(at),
        FieldKind.Texts => 6 + BinaryPrimitives.ReadInt32LittleEndian(at[2..]),
        FieldKind.Numbers => 2 + 8 * BinaryPrimitives.ReadUInt16LittleEndian(at),
        _ => 8,
    };

    /// <summary>The field that begins at these bytes of a body.</summary>
    public static FieldValue Read(FieldKind kind, ReadOnlySpan<byte> at) => kind switch
    {
        FieldKind.Flag => new(kind, at[..1]),
        FieldKind.Address => new(kind, at[..Packets.Address.Size]),
        FieldKind.Text or FieldKind.Bytes => new(kind, at.Slice(2, BinaryPrimitives.ReadUInt16LittleEndian(at))),
        FieldKind.Texts => new(
            kind,
            at.Slice(6, BinaryPrimitives.ReadInt32LittleEndian(at[2..])),
            BinaryPrimitives.ReadUInt16LittleEndian(at)),
        FieldKind.Numbers => new(
            kind,
            at.Slice(2, 8 * BinaryPrimitives.ReadUInt16LittleEndian(at)),
            BinaryPrimitives.ReadUInt16LittleEndian(at)),
        _ => new(kind, at[..8]),
    };

    public ref struct FieldEnumerator(RecordView view)
    {
        private readonly RecordView _view = view;
        private ulong _left = view.Header.Present;
        private int _position;
        private int _index = -1;

        public readonly int Index => _index;

        public readonly Field Field => _view.Schema.Fields[_index];

        public readonly FieldValue Value => Read(_view.Schema.Kinds[_index], _view.Body[_position..]);

        /// <summary>The field as it lies in the arena, with its length where it has one.</summary>
        internal readonly ReadOnlySpan<byte> Packed
        {
            get
            {
                var rest = _view.Body[_position..];
                return rest[..SizeOf(_view.Schema.Kinds[_index], rest)];
            }
        }

        public readonly FieldEnumerator Current => this;

        public bool MoveNext()
        {
            if (_left == 0) return false;

            if (_index >= 0) _position += SizeOf(_view.Schema.Kinds[_index], _view.Body[_position..]);
            _index = BitOperations.TrailingZeroCount(_left);
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
