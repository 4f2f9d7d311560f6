using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetSniff.Buffers;
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
        // Through a plain reference: a call on what is only lent for reading copies the whole record first.
        Unsafe.AsRef(in record).Describe(ref writer);
        var schema = KindOf<TRecord>.Schema;
        head.Kind = schema.Id;
        head.Traits = traits;
        head.TimeNanos = timeNanos;
        head.Present = writer.PresentOf(schema.Kinds.Length);
        var written = writer.WrittenOf(body.Length);
        head.Length = (Unsafe.SizeOf<RecordHeader>() + written + 7) & ~7;
        // The padding too: whoever compares, hashes or stores records sees the same bytes for the same record.
        body.Slice(written, head.Length - Unsafe.SizeOf<RecordHeader>() - written).Clear();
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

    /// <summary>What a record type is, looked up once per type.</summary>
    private static class KindOf<TRecord> where TRecord : struct, IRecord, allows ref struct
    {
        public static readonly RecordSchema Schema = RecordKinds.Register<TRecord>();
    }

    /// <summary>Fields in order; absent ones take no room but a zero bit.</summary>
    private ref struct ArenaWriter : IFieldVisitor
    {
        private const int LengthSize = sizeof(ushort);
        private const int TextsHeadSize = LengthSize + sizeof(int);

        /// <summary>Which of the fields were there, the last in the highest bit: what comes before moves down, so that
        /// nobody has to count.</summary>
        private const ulong LastField = 1ul << 63;

        private ref byte _at;
        private long _left;
        private ulong _present;

        public ArenaWriter(Span<byte> target)
        {
            _at = ref MemoryMarshal.GetReference(target);
            _left = target.Length;
        }

        public int TextsCut { get; private set; }

        public readonly ulong PresentOf(int fields) => _present >> (64 - fields);

        public readonly int WrittenOf(int length) => length - (int)_left;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Number(string name, string about, ulong value, bool has) => Word(value, has);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Flag(string name, string about, bool value, bool has)
        {
            if (!Next(has, 1)) return;

            _at = value ? (byte)1 : (byte)0;
            _at = ref Unsafe.Add(ref _at, 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Duration(string name, string about, long nanos, bool has) => Word((ulong)nanos, has);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Time(string name, string about, long nanos, bool has) => Word((ulong)nanos, has);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Text(string name, string about, ReadOnlySpan<byte> value) => Octets(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Bytes(string name, string about, ReadOnlySpan<byte> value) => Octets(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Address(string name, string about, Address value, bool has)
        {
            if (!Next(has, Packets.Address.Size)) return;

            Unsafe.WriteUnaligned(ref _at, value);
            _at = ref Unsafe.Add(ref _at, Packets.Address.Size);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Texts(string name, string about, TextList values)
        {
            if (!Next(values.Count > 0, TextsHeadSize + values.Packed.Length)) return;

            _at = ref PutTexts(ref _at, values.Count, values.Packed);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Numbers(string name, string about, ReadOnlySpan<ulong> values)
        {
            if (!Next(values.Length > 0, LengthSize + 8 * values.Length)) return;

            _at = ref Put(ref _at, values.Length, MemoryMarshal.AsBytes(values));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Word(ulong value, bool has)
        {
            if (!Next(has, sizeof(ulong))) return;

            BinaryPrimitives.WriteUInt64LittleEndian(MemoryMarshal.CreateSpan(ref _at, sizeof(ulong)), value);
            _at = ref Unsafe.Add(ref _at, sizeof(ulong));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Octets(ReadOnlySpan<byte> value)
        {
            var room = Math.Min((int)_left - LengthSize, ushort.MaxValue);
            if (value.Length > room && room > 0)
            {
                TextsCut++;
                value = value[..room];
            }

            if (!Next(value.Length > 0, LengthSize + value.Length)) return;

            _at = ref Put(ref _at, value.Length, value);
        }

        /// <summary>Comes to the next field: whether it is to be written.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private bool Next(bool has, int size)
        {
            _present >>= 1;
            if (!has) return false;

            var left = _left - size;
            if (left < 0)
            {
                TextsCut++;
                return false;
            }

            _left = left;
            _present |= LastField;
            return true;
        }

        /// <summary>Writes a length, or count, and what it is the length of.</summary>
        /// <returns>Where the next field goes.</returns>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static ref byte Put(ref byte at, int length, ReadOnlySpan<byte> bytes)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(MemoryMarshal.CreateSpan(ref at, LengthSize), (ushort)length);
            ShortCopy.Copy(
                ref MemoryMarshal.GetReference(bytes), ref Unsafe.Add(ref at, LengthSize), bytes.Length);
            return ref Unsafe.Add(ref at, LengthSize + bytes.Length);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static ref byte PutTexts(ref byte at, int count, ReadOnlySpan<byte> packed)
        {
            var target = MemoryMarshal.CreateSpan(ref at, TextsHeadSize + packed.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)count);
            BinaryPrimitives.WriteInt32LittleEndian(target[LengthSize..], packed.Length);
            packed.CopyTo(target[TextsHeadSize..]);
            return ref Unsafe.Add(ref at, TextsHeadSize + packed.Length);
        }
    }
}
