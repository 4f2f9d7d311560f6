using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Packets;

namespace NetSniff.Records;

/// <summary>Takes full arenas from a sink. The bytes are lent for the length of the call.</summary>
public abstract class RecordConsumer
{
    /// <param name="records">Whole records, each with its <see cref="RecordHeader"/>, one after the other.</param>
    public abstract void Consume(ReadOnlySpan<byte> records, int count);
}

/// <summary>Where parsers put records. Sealed, so that <see cref="Emit"/> is a direct call compiled per record type.
/// </summary>
public sealed class RecordSink
{
    /// <summary>No record is longer; longer texts are cut and <see cref="TextsCut"/> counts them.</summary>
    public const int RecordBytesMax = 60 * 1024;

    private readonly byte[] _arena;
    private readonly RecordConsumer? _consumer;
    private int _used;

    /// <summary>Whose record is emitted next: the pipeline fills it in before it calls a parser.</summary>
    public RecordHeader Context;

    /// <param name="capacity">Bytes; at least twice <see cref="RecordBytesMax"/>.</param>
    /// <param name="consumer">Gets the records when the arena fills and on <see cref="Flush"/>. Without one, records
    /// stay until <see cref="Clear"/> and those that do not fit are counted as dropped.</param>
    public RecordSink(int capacity, RecordConsumer? consumer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2 * RecordBytesMax);
        // Pinned and never moved: the arena lives as long as its shard.
        _arena = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _consumer = consumer;
    }

    public int Count { get; private set; }

    public long Emitted { get; private set; }

    public long Dropped { get; private set; }

    public long TextsCut { get; private set; }

    public ReadOnlySpan<byte> Bytes => _arena.AsSpan(0, _used);

    /// <summary>Copies the record into the arena behind the present <see cref="Context"/>.</summary>
    /// <param name="timeNanos">When the exchange began.</param>
    public void Emit<TRecord>(in TRecord record, long timeNanos, RecordTraits traits = RecordTraits.None)
        where TRecord : struct, IRecord, allows ref struct
    {
        if (_arena.Length - _used < RecordBytesMax && !TryMakeRoom()) return;

        ref var start = ref MemoryMarshal.GetArrayDataReference(_arena);
        ref var head = ref Unsafe.As<byte, RecordHeader>(ref Unsafe.Add(ref start, _used));
        head = Context;
        var body = _arena.AsSpan(_used + Unsafe.SizeOf<RecordHeader>(), RecordBytesMax - Unsafe.SizeOf<RecordHeader>());
        var writer = new ArenaWriter(body);
        record.Describe(ref writer);
        head.Kind = KindOf<TRecord>.Id;
        head.Traits = traits;
        head.TimeNanos = timeNanos;
        head.Present = writer.Present;
        head.Length = (Unsafe.SizeOf<RecordHeader>() + writer.Written + 7) & ~7;
        // The padding too: whoever compares, hashes or stores records sees the same bytes for the same record.
        body.Slice(writer.Written, head.Length - Unsafe.SizeOf<RecordHeader>() - writer.Written).Clear();
        TextsCut += writer.TextsCut;
        _used += head.Length;
        Count++;
        Emitted++;
    }

    /// <summary>Hands everything to the consumer.</summary>
    public void Flush()
    {
        if (Count == 0) return;

        _consumer?.Consume(Bytes, Count);
        Clear();
    }

    public void Clear() => (_used, Count) = (0, 0);

    private bool TryMakeRoom()
    {
        if (_consumer is null)
        {
            Dropped++;
            return false;
        }

        Flush();
        return true;
    }

    /// <summary>The number of a record type, looked up once per type.</summary>
    private static class KindOf<TRecord> where TRecord : struct, IRecord, allows ref struct
    {
        public static readonly ushort Id = RecordKinds.Register<TRecord>().Id;
    }

    /// <summary>Fields in order; absent ones take no room but a zero bit.</summary>
    private ref struct ArenaWriter(Span<byte> target) : IFieldVisitor
    {
        private readonly Span<byte> _target = target;
        private int _index;

        public int Written { get; private set; }

        public ulong Present { get; private set; }

        public int TextsCut { get; private set; }

        public void Number(string name, string about, ulong value, bool has) => Word(value, has);

        public void Flag(string name, string about, bool value, bool has)
        {
            if (!Next(has, 1)) return;
            _target[Written++] = value ? (byte)1 : (byte)0;
        }

        public void Duration(string name, string about, long nanos, bool has) => Word((ulong)nanos, has);

        public void Time(string name, string about, long nanos, bool has) => Word((ulong)nanos, has);

        public void Text(string name, string about, ReadOnlySpan<byte> value) => Octets(value);

        public void Bytes(string name, string about, ReadOnlySpan<byte> value) => Octets(value);

        public void Address(string name, string about, Address value, bool has)
        {
            if (!Next(has, Packets.Address.Size)) return;
            MemoryMarshal.Write(_target[Written..], in value);
            Written += Packets.Address.Size;
        }

        public void Texts(string name, string about, TextList values)
        {
            var packed = values.Packed;
            if (!Next(values.Count > 0, 6 + packed.Length)) return;
            BinaryPrimitives.WriteUInt16LittleEndian(_target[Written..], (ushort)values.Count);
            BinaryPrimitives.WriteInt32LittleEndian(_target[(Written + 2)..], packed.Length);
            packed.CopyTo(_target[(Written + 6)..]);
            Written += 6 + packed.Length;
        }

        public void Numbers(string name, string about, ReadOnlySpan<ulong> values)
        {
            if (!Next(values.Length > 0, 2 + 8 * values.Length)) return;
            BinaryPrimitives.WriteUInt16LittleEndian(_target[Written..], (ushort)values.Length);
            MemoryMarshal.AsBytes(values).CopyTo(_target[(Written + 2)..]);
            Written += 2 + 8 * values.Length;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Word(ulong value, bool has)
        {
            if (!Next(has, 8)) return;
            BinaryPrimitives.WriteUInt64LittleEndian(_target[Written..], value);
            Written += 8;
        }

        private void Octets(ReadOnlySpan<byte> value)
        {
            var room = Math.Min(_target.Length - Written - 2, ushort.MaxValue);
            if (value.Length > room && room > 0)
            {
                value = value[..room];
                TextsCut++;
            }

            if (!Next(value.Length > 0, 2 + value.Length)) return;
            BinaryPrimitives.WriteUInt16LittleEndian(_target[Written..], (ushort)value.Length);
            value.CopyTo(_target[(Written + 2)..]);
            Written += 2 + value.Length;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private bool Next(bool has, int size)
        {
            Debug.Assert(_index < RecordSchema.FieldsMax);
            var bit = 1ul << _index++;
            if (!has) return false;
            if (size > _target.Length - Written)
            {
                TextsCut++;
                return false;
            }

            Present |= bit;
            return true;
        }
    }
}
